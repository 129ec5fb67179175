package dev.counterpoint.runner.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * How the processes of ranks are started.
 *
 * @param flags more flags for their JVM, separated by blanks
 */
record RankOptions(String flags) implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int HEAPS = 50; // percent of a machine's memory

  static RankOptions of(SparkConf conf) {
    String given = System.getenv().getOrDefault("COUNTERPOINT_JAVA_OPTS", "");
    return new RankOptions(conf.get("spark.counterpoint.javaOptions", given));
  }

  /**
   * Flags of a rank's JVM: the heaps of all ranks on a machine together are half of its memory.
   *
   * @param local ranks on the machine
   */
  List<String> jvmFlags(int local) {
    Stream<String> own =
        Stream.of(
            "-XX:MaxRAMPercentage=" + Math.max(1, HEAPS / local),
            "-XX:-UsePerfData",
            "-XX:+UseSerialGC");
    Stream<String> given = Stream.of(flags.split(" ")).filter(flag -> !flag.isEmpty());
    return Stream.concat(own.filter(flag -> !collectorGiven(flag)), given).toList();
  }

  private boolean collectorGiven(String flag) {
    return flag.endsWith("GC") && flags.matches(".*-XX:\\+Use\\w*GC.*");
  }

  /**
   * What libtorch reads, as the launcher sets it for one process.
   *
   * @param threads of the rank
   */
  static Map<String, String> engine(int threads) {
    return Map.of(
        "OMP_NUM_THREADS",
        Integer.toString(threads),
        "GOMP_SPINCOUNT",
        "100000",
        "GLIBC_TUNABLES",
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0"
            + ":glibc.malloc.trim_threshold=1099511627776:glibc.malloc.arena_max=1"
            + ":glibc.malloc.mxfast=0:glibc.malloc.tcache_count=1");
  }
}
