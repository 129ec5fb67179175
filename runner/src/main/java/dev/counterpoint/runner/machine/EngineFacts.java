package dev.counterpoint.runner.machine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Platform;
import java.util.ArrayList;
import java.util.List;

/**
 * The engine that started.
 *
 * @param version of libtorch
 * @param djl the version of DJL, which calls it
 * @param build of the native library, as {@code cpu-linux-x86_64}
 * @param library the folder that the native library was loaded from
 * @param threads that one operation spreads over
 * @param interopThreads that operations run on at a time
 * @param devices as a run file names them
 * @param features of the build, as {@code MKL}
 */
public record EngineFacts(
    String name,
    String version,
    String djl,
    String build,
    String library,
    int threads,
    int interopThreads,
    List<String> devices,
    List<String> features) {

  static EngineFacts of(Engine engine) {
    Platform platform = Platform.detectPlatform("pytorch");
    return new EngineFacts(
        engine.getEngineName(),
        engine.getVersion(),
        Engine.getDjlVersion(),
        platform.getFlavor() + "-" + platform.getClassifier(),
        LibUtils.getLibtorchPath(),
        JniUtils.getNumThreads(),
        JniUtils.getNumInteropThreads(),
        devices(engine.getGpuCount()),
        JniUtils.getFeatures().stream().sorted().toList());
  }

  private static List<String> devices(int gpus) {
    List<String> devices = new ArrayList<>();
    devices.add("cpu");
    for (int gpu = 0; gpu < gpus; gpu++) {
      devices.add("gpu:" + gpu);
    }
    return devices;
  }
}
