package dev.counterpoint.runner.wiring;

import ai.djl.Device;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;

/** Maps device names of run files to engine devices. */
public final class Devices {
  private Devices() {}

  /**
   * The device with this name, for one of several processes.
   *
   * @param name {@code auto}, {@code cpu}, {@code gpu} or {@code gpu:N}
   * @param localRank the index of the process on this machine; {@code auto} and {@code gpu} select
   *     the GPU with index {@code localRank % gpuCount}
   * @throws InvalidSettings if this machine has no such device
   */
  static Device named(String name, int localRank) {
    return name.equals("cpu") ? Device.cpu() : named(name, localRank, Torch.engine().getGpuCount());
  }

  /** As {@link #named(String, int)}, for a machine with this number of GPUs. */
  static Device named(String name, int localRank, int gpuCount) {
    if (name.equals("auto")) {
      return gpuCount > 0 ? Device.gpu(localRank % gpuCount) : Device.cpu();
    }
    if (name.equals("gpu") && gpuCount > 0) {
      return Device.gpu(localRank % gpuCount);
    }
    int index = name.equals("gpu") ? 0 : Integer.parseInt(name.substring("gpu:".length()));
    if (index >= gpuCount) {
      throw new InvalidSettings(
          "device "
              + name
              + " is not available: the engine found "
              + (gpuCount == 0
                  ? "no GPU. Use auto or cpu."
                  : gpuCount + " GPU(s), numbered from gpu:0."));
    }
    return Device.gpu(index);
  }

  /** The name of a device in a run file: {@code cpu} or {@code gpu:N}. */
  public static String nameOf(Device device) {
    return device.isGpu() ? "gpu:" + device.getDeviceId() : "cpu";
  }
}
