package dev.counterpoint.runner.spark;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;

/**
 * Where all tasks of a barrier stage are.
 *
 * @param hosts by rank
 */
record Neighbours(int rank, List<String> hosts) {
  static Neighbours of(BarrierTaskContext context) {
    return new Neighbours(
        context.partitionId(),
        Stream.of(context.getTaskInfos())
            .map(BarrierTaskInfo::address)
            .map(address -> address.replaceFirst(":\\d+$", ""))
            .toList());
  }

  RankId id(int attempt) {
    return new RankId(rank, attempt, host());
  }

  String host() {
    return hosts.get(rank);
  }

  /** The number of this rank among those of its host. */
  int localRank() {
    return (int) hosts.subList(0, rank).stream().filter(host()::equals).count();
  }

  /** How many ranks are on its host. */
  int local() {
    return (int) hosts.stream().filter(host()::equals).count();
  }
}
