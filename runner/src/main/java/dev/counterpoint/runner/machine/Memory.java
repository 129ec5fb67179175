package dev.counterpoint.runner.machine;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Memory and its limits. What libtorch takes for itself counts against neither limit.
 *
 * @param physicalBytes of the machine, or of the container around this process
 * @param heapLimitBytes {@code -Xmx}
 * @param directLimitBytes {@code -XX:MaxDirectMemorySize}, for arrays that were made from Java
 *     buffers
 */
public record Memory(long physicalBytes, long heapLimitBytes, long directLimitBytes) {

  /** The limits of this process. */
  public static Memory read() {
    long physical =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long heap = Runtime.getRuntime().maxMemory();
    long direct =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    return new Memory(physical, heap, direct == 0 ? heap : direct); // 0 stands for "as the heap"
  }
}
