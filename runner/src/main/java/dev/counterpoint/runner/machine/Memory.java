package dev.counterpoint.runner.machine;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Physical memory and JVM memory limits. Memory allocated by libtorch is not covered by the JVM
 * limits.
 *
 * @param physicalBytes the memory of the machine or of the container
 * @param heapLimitBytes the heap limit, {@code -Xmx}
 * @param directLimitBytes the limit of direct buffers, {@code -XX:MaxDirectMemorySize}, which are
 *     used for arrays created from Java buffers
 */
public record Memory(long physicalBytes, long heapLimitBytes, long directLimitBytes) {

  /** Reads the memory and limits of this process. */
  public static Memory read() {
    long physical =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long heap = Runtime.getRuntime().maxMemory();
    long direct =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    return new Memory(physical, heap, direct == 0 ? heap : direct); // 0: same as heap
  }
}
