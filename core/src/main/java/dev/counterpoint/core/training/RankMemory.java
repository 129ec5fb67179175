package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.FlatArrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is remembered beside the parameters, on its way into a checkpoint and out of it. Where the
 * processes step by themselves each one's optimizer remembers something else, and the first process
 * writes it all; where there are fewer or more of them when the run goes on, they take it in turns.
 */
final class RankMemory implements AutoCloseable {
  private final Map<String, NDArray> common = new TreeMap<>();
  private final TreeMap<String, NDArray> local = new TreeMap<>();
  private final Collective collective;
  private final Consensus consensus;
  private final List<FlatArrays> others = new ArrayList<>();

  /**
   * What a process remembers.
   *
   * @param common the same in all
   * @param local its own, under names that all have
   */
  RankMemory(Map<String, NDArray> common, Map<String, NDArray> local, Consensus consensus) {
    this.common.putAll(common);
    this.local.putAll(local);
    this.collective = consensus.collective();
    this.consensus = consensus;
  }

  /** How many processes' memories a checkpoint has: 1 where they are the same. */
  int memories() {
    return local.isEmpty() ? 1 : collective.world();
  }

  /** All that is to be written, in the first process; the others help. */
  Map<String, NDArray> gather() {
    for (int rank = 1; rank < memories(); rank++) {
      send(rank);
    }
    return all(memories());
  }

  /** Every number but the sender's is -0.0, which changes none that it is added to. */
  private void send(int sender) {
    try (FlatArrays way = room()) {
      if (collective.rank() == sender) {
        way.copyFrom(List.copyOf(local.values()));
      } else {
        way.clear();
      }
      collective.sum(way.buckets(collective.bucketBytes()));
      if (consensus.leads()) {
        other(sender).copyFrom(way.slots());
      }
    }
  }

  /** Room in the first process for what a checkpoint has of so many processes. */
  Map<String, NDArray> all(int memories) {
    Map<String, NDArray> all = new TreeMap<>(common);
    all.putAll(local);
    if (consensus.leads()) {
      for (int rank = 1; rank < memories; rank++) {
        List<NDArray> slots = other(rank).slots();
        int i = 0;
        for (String name : local.keySet()) {
          all.put(String.format(Locale.ROOT, "rank-%05d/%s", rank, name), slots.get(i++));
        }
      }
    }
    return all;
  }

  /** Bytes of all that is to be written. */
  long bytes() {
    return bytes(common) + memories() * bytes(local);
  }

  private static long bytes(Map<String, NDArray> arrays) {
    return arrays.values().stream()
        .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
        .sum();
  }

  /** Gives each process what was read by the first one. */
  void broadcast(int memories) {
    consensus.broadcast(List.copyOf(common.values()));
    for (int rank = 1; rank < collective.world() && !local.isEmpty(); rank++) {
      try (FlatArrays way = room()) {
        if (consensus.leads()) {
          int from = rank % memories;
          way.copyFrom(from == 0 ? List.copyOf(local.values()) : other(from).slots());
        }
        way.buckets(collective.bucketBytes()).forEach(collective::broadcast);
        if (collective.rank() == rank) {
          way.copyTo(List.copyOf(local.values()));
        }
      }
    }
  }

  private FlatArrays other(int rank) {
    while (others.size() < rank) {
      others.add(room());
    }
    return others.get(rank - 1);
  }

  private FlatArrays room() {
    List<Shape> shapes = local.values().stream().map(NDArray::getShape).toList();
    return new FlatArrays(shapes);
  }

  /** Frees what the first process holds of the others, once it is written or given to them. */
  void release() {
    others.forEach(FlatArrays::close);
    others.clear();
  }

  @Override
  public void close() {
    release();
  }
}
