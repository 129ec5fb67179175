package dev.counterpoint.core.distributed;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.parameter.FlatArrays;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Coordinates decisions between the ranks of a run: all of them stop, save and resume together.
 * Every process calls each method at the same point.
 *
 * @param collective connects the ranks
 */
public record RankCoordinator(Collective collective) {

  /** Whether this process is rank 0, which writes the files of the run. */
  public boolean isRankZero() {
    return collective.rank() == 0;
  }

  /** Whether the run has a single process. */
  public boolean isSingleProcess() {
    return collective.worldSize() == 1;
  }

  /**
   * Returns whether any process was requested to stop. If so, all processes are: those without a
   * request receive the reason of the lowest rank that has one. If any process was interrupted, all
   * are.
   */
  public boolean shouldStop(StopSignal stop) {
    RankText reason = firstText(stop.reason());
    RankText interrupt = firstText(stop.interrupted() ? stop.reason() : null);
    if (interrupt != null) {
      stop.interrupt(interrupt.text());
    } else if (reason != null) {
      stop.request(reason.text());
    }
    return reason != null;
  }

  /** Returns whether any process was interrupted. */
  public boolean interrupted(StopSignal stop) {
    return collective.allReduce(stop.interrupted() ? 1 : 0)[0] > 0;
  }

  /** Returns the text of rank 0; the arguments of the other ranks are ignored. */
  public String broadcast(String own) {
    return text(collective.allGather(isRankZero() ? bytes(own) : new byte[0]).get(0));
  }

  /** Returns the value of rank 0; the arguments of the other ranks are ignored. */
  public boolean broadcast(boolean own) {
    return broadcast(own ? "yes" : "no").equals("yes");
  }

  /**
   * Returns the text of the lowest rank that passes one.
   *
   * @param own the text of this rank; null for none
   * @return the text and its rank; null if no rank passes a text
   */
  public @Nullable RankText firstText(@Nullable String own) {
    List<byte[]> texts = collective.allGather(own == null ? new byte[0] : bytes("." + own));
    for (int rank = 0; rank < texts.size(); rank++) {
      if (texts.get(rank).length > 0) {
        return new RankText(rank, text(texts.get(rank)).substring(1));
      }
    }
    return null;
  }

  /**
   * Returns the text of the only rank that passes one.
   *
   * @param own the text of this rank; null for none
   */
  public String onlyText(@Nullable String own) {
    return Objects.requireNonNull(firstText(own)).text();
  }

  /** A text and the rank that passed it. */
  public record RankText(int rank, String text) {}

  /**
   * Copies the values of rank 0 to all ranks, in place.
   *
   * @param all arrays of the same shapes in every rank
   */
  public void broadcast(List<NDArray> all) {
    List<NDArray> arrays = all.stream().filter(array -> array.size() > 0).toList();
    if (collective.worldSize() > 1 && !arrays.isEmpty()) {
      try (FlatArrays flat = new FlatArrays(arrays.stream().map(NDArray::getShape).toList())) {
        flat.copyFrom(arrays);
        flat.buckets(collective.bucketBytes()).forEach(collective::broadcast);
        if (!isRankZero()) {
          flat.copyTo(arrays);
        }
      }
    }
  }

  /**
   * Checks that settings are equal in all ranks.
   *
   * @param own values by name; the names are the same in all ranks
   * @throws InvalidSettings in every process, naming the ranks and the values that differ from rank
   *     0
   */
  public void requireSame(Map<String, String> own) {
    List<String> problems = new ArrayList<>();
    own.forEach(
        (name, value) -> {
          List<byte[]> values = collective.allGather(bytes(value));
          for (int rank = 1; rank < values.size(); rank++) {
            if (!Arrays.equals(values.get(rank), values.get(0))) {
              problems.add(difference(name, rank, text(values.get(rank)), text(values.get(0))));
            }
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(
          "The ranks of this run have different settings: " + String.join("; ", problems) + ".");
    }
  }

  private static String difference(String name, int rank, String value, String first) {
    return name + " is " + first + " on rank 0, " + value + " on rank " + rank;
  }

  /**
   * Checks that all parameters have identical values in all ranks.
   *
   * @param step the last completed step, for the message
   * @throws RankDivergedException in every process, naming the first parameter that differs
   */
  public void requireSameValues(List<Parameter> parameters, long step) {
    if (collective.worldSize() == 1) {
      return;
    }
    List<byte[]> hashes = collective.allGather(bytes(ModelHash.of(parameters)));
    if (hashes.stream().allMatch(hash -> Arrays.equals(hash, hashes.get(0)))) {
      return;
    }
    String each =
        parameters.stream()
            .map(parameter -> ModelHash.of(List.of(parameter)))
            .collect(Collectors.joining("\n"));
    List<byte[]> all = collective.allGather(bytes(each));
    List<String> first = text(all.get(0)).lines().toList();
    for (int rank = 1; rank < all.size(); rank++) {
      List<String> other = text(all.get(rank)).lines().toList();
      for (int i = 0; i < first.size(); i++) {
        if (!first.get(i).equals(other.get(i))) {
          throw new RankDivergedException(step, rank, parameters.get(i).name());
        }
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
