package dev.counterpoint.runner.machine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Platform;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Facts about the running engine.
 *
 * @param name the name of the engine, {@code PyTorch}
 * @param version the version of libtorch
 * @param djl the version of DJL
 * @param build the build of the native library, such as {@code cpu-linux-x86_64}
 * @param library the folder from which the native library was loaded
 * @param threads the number of threads within one operation (intra-op)
 * @param interopThreads the number of operations that can run in parallel (inter-op)
 * @param devices the available devices by their names in run files
 * @param features the features of the build, such as {@code MKL}
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
        Torch.threads(),
        JniUtils.getNumInteropThreads(),
        devices(engine.getGpuCount()),
        JniUtils.getFeatures().stream().sorted().toList());
  }

  private static List<String> devices(int gpus) {
    Stream<String> numbered = IntStream.range(0, gpus).mapToObj(gpu -> "gpu:" + gpu);
    return Stream.concat(Stream.of("cpu"), numbered).toList();
  }
}
