package dev.counterpoint.strategies.distributed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.parameter.FlatArrays;
import dev.counterpoint.core.settings.Formats;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Arrays that differ between the ranks, such as the state of optimizers that take local steps,
 * while they are saved to or loaded from a checkpoint. Rank 0 writes the arrays of all ranks. A
 * resumed run with another number of ranks assigns the saved arrays in turn.
 */
public final class RankLocalState {
  private final TreeMap<String, NDArray> own;
  private final Collective collective;

  /**
   * The arrays of one rank.
   *
   * @param own float32, by name; names and shapes are the same in all ranks
   */
  public RankLocalState(Map<String, NDArray> own, Collective collective) {
    this.own = new TreeMap<>(own);
    this.collective = collective;
  }

  /**
   * Copies the arrays of all other ranks to rank 0.
   *
   * @return on rank 0 by {@code rank-00001/NAME}, to be closed by the caller's scope; empty on the
   *     other ranks
   */
  public Map<String, NDArray> gather() {
    Map<String, NDArray> all = new TreeMap<>();
    for (int rank = 1; rank < collective.worldSize() && !own.isEmpty(); rank++) {
      receive(rank, all);
    }
    return all;
  }

  /**
   * Broadcasts the arrays of one rank by an all-reduce: the other ranks add -0.0, which changes no
   * number.
   */
  private void receive(int sender, Map<String, NDArray> all) {
    try (FlatArrays message = message()) {
      if (collective.rank() == sender) {
        message.copyFrom(List.copyOf(own.values()));
      } else {
        message.clear();
      }
      collective.allReduce(message.buckets(collective.bucketBytes()));
      if (collective.rank() == 0) {
        List<NDArray> slots = message.slots();
        int i = 0;
        for (Map.Entry<String, NDArray> array : own.entrySet()) {
          NDArray copy = slots.get(i++).duplicate();
          copy.attach(array.getValue().getManager()); // outlives the message
          all.put(name(sender, array.getKey()), copy);
        }
      }
    }
  }

  /**
   * Copies saved arrays of rank 0 to the ranks they belong to.
   *
   * @param saved on rank 0 as from {@link #gather}; rank 0 has its own arrays already
   */
  public void scatter(Map<String, ?> saved) {
    for (int rank = 1; rank < collective.worldSize() && !own.isEmpty(); rank++) {
      try (FlatArrays message = message()) {
        if (collective.rank() == 0) {
          message.copyFrom(of(rank % count(saved), saved));
        }
        message.buckets(collective.bucketBytes()).forEach(collective::broadcast);
        if (collective.rank() == rank) {
          message.copyTo(List.copyOf(own.values()));
        }
      }
    }
  }

  private List<NDArray> of(int rank, Map<String, ?> saved) {
    return rank == 0
        ? List.copyOf(own.values())
        : own.keySet().stream().map(name -> (NDArray) saved.get(name(rank, name))).toList();
  }

  /** The number of ranks whose arrays a checkpoint contains. */
  private int count(Map<String, ?> saved) {
    int count = 1;
    while (saved.containsKey(name(count, own.firstKey()))) {
      count++;
    }
    return count;
  }

  private static String name(int rank, String name) {
    return Formats.of("%s%05d/%s", Stateful.RANK_PREFIX, rank, name);
  }

  private FlatArrays message() {
    List<Shape> shapes = own.values().stream().map(NDArray::getShape).toList();
    return new FlatArrays(shapes);
  }
}
