package dev.counterpoint.runner.wiring;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.counterpoint.core.settings.InvalidSettings;

/** Devices by the names of run files. */
public final class Devices {
  private Devices() {}

  /**
   * The device of a name, for one of several processes.
   *
   * @param name {@code auto}, {@code cpu}, {@code gpu} or {@code gpu:N}
   * @param localRank which of the processes on this machine it is: {@code auto} and {@code gpu} are
   *     the GPU of that number, and from the first one again where there are fewer
   * @throws InvalidSettings where this machine has none like it
   */
  static Device named(String name, int localRank) {
    return name.equals("cpu")
        ? Device.cpu()
        : named(name, localRank, Engine.getEngine("PyTorch").getGpuCount());
  }

  /** Likewise, of a machine with so many GPUs. */
  static Device named(String name, int localRank, int gpus) {
    if (name.equals("auto")) {
      return gpus > 0 ? Device.gpu(localRank % gpus) : Device.cpu();
    }
    if (name.equals("gpu") && gpus > 0) {
      return Device.gpu(localRank % gpus);
    }
    int number = name.equals("gpu") ? 0 : Integer.parseInt(name.substring("gpu:".length()));
    if (number >= gpus) {
      throw new InvalidSettings(
          "device "
              + name
              + " is not there: the engine sees "
              + (gpus == 0 ? "no GPU; use auto or cpu." : gpus + " GPU(s), counted from gpu:0."));
    }
    return Device.gpu(number);
  }

  /** The name of a device in a run file: {@code cpu} or {@code gpu:N}. */
  public static String nameOf(Device device) {
    return device.isGpu() ? "gpu:" + device.getDeviceId() : "cpu";
  }
}
