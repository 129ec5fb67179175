package dev.counterpoint.strategies.spark;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;

/**
 * The hosts of all tasks of a barrier stage.
 *
 * @param rank of this task
 * @param hosts by rank
 */
record TaskPlacement(int rank, List<String> hosts) {
  static TaskPlacement of(BarrierTaskContext context) {
    return new TaskPlacement(
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

  /** The local rank: index of this rank among the ranks on the same host, from 0. */
  int localRank() {
    return (int) hosts.subList(0, rank).stream().filter(host()::equals).count();
  }

  /** The number of ranks on this host. */
  int localRanks() {
    return (int) hosts.stream().filter(host()::equals).count();
  }
}
