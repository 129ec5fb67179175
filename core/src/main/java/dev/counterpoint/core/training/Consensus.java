package dev.counterpoint.core.training;

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
 * What all processes of a run decide together: none of them stops, saves or goes back alone. Each
 * method is called by all at the same place.
 */
final class Consensus {
  private final Collective collective;

  Consensus(Collective collective) {
    this.collective = collective;
  }

  Collective collective() {
    return collective;
  }

  /** Whether this process writes for all. */
  boolean leads() {
    return collective.rank() == 0;
  }

  boolean alone() {
    return collective.world() == 1;
  }

  /** Whether any process was asked to stop; all are from then on, for the same reason. */
  boolean stops(StopSignal stop) {
    String own = stop.reason();
    List<byte[]> reasons = collective.gather(bytes(own == null ? "" : own));
    for (int rank = 0; rank < reasons.size(); rank++) {
      if (reasons.get(rank).length > 0) {
        stop.request(text(reasons.get(rank)));
        return true;
      }
    }
    return false;
  }

  /** What the first process has, for all; what the others have is not asked for. */
  String broadcast(String own) {
    return text(collective.gather(leads() ? bytes(own) : new byte[0]).get(0));
  }

  /** Likewise. */
  boolean broadcast(boolean own) {
    return broadcast(own ? "yes" : "no").equals("yes");
  }

  /** What the first process has given that gives any; null where none does. */
  @Nullable Given firstGiven(@Nullable String own) {
    List<byte[]> texts = collective.gather(own == null ? new byte[0] : bytes("." + own));
    for (int rank = 0; rank < texts.size(); rank++) {
      if (texts.get(rank).length > 0) {
        return new Given(rank, text(texts.get(rank)).substring(1));
      }
    }
    return null;
  }

  /** What the one process has given that gives any. */
  String given(@Nullable String own) {
    return Objects.requireNonNull(firstGiven(own)).text();
  }

  /** A text of a process. */
  record Given(int rank, String text) {}

  /** Gives the first process's values to all. */
  void broadcast(List<NDArray> all) {
    List<NDArray> arrays = all.stream().filter(array -> array.size() > 0).toList();
    if (collective.world() > 1 && !arrays.isEmpty()) {
      try (FlatArrays flat = new FlatArrays(arrays.stream().map(NDArray::getShape).toList())) {
        flat.copyFrom(arrays);
        flat.buckets(collective.bucketBytes()).forEach(collective::broadcast);
        if (!leads()) {
          flat.copyTo(arrays);
        }
      }
    }
  }

  /**
   * Compares what all must have in common.
   *
   * @param own values by name, the same names everywhere
   * @throws InvalidSettings in every process, naming the processes that differ from the first, and
   *     in what
   */
  void requireSame(Map<String, String> own) {
    List<String> problems = new ArrayList<>();
    own.forEach(
        (name, value) -> {
          List<byte[]> values = collective.gather(bytes(value));
          for (int rank = 1; rank < values.size(); rank++) {
            if (!Arrays.equals(values.get(rank), values.get(0))) {
              problems.add(difference(name, rank, text(values.get(rank)), text(values.get(0))));
            }
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(
          "The processes of this run do not train the same: " + String.join("; ", problems) + ".");
    }
  }

  private static String difference(String name, int rank, String value, String first) {
    return name + " of rank " + rank + " is " + value + ", that of rank 0 " + first;
  }

  /**
   * Compares the values of all parameters.
   *
   * @throws RanksDiverged in every process
   */
  void requireSameValues(List<Parameter> parameters, long step) {
    if (collective.world() == 1) {
      return;
    }
    List<byte[]> hashes = collective.gather(bytes(ModelHash.of(parameters)));
    if (hashes.stream().allMatch(hash -> Arrays.equals(hash, hashes.get(0)))) {
      return;
    }
    String each =
        parameters.stream()
            .map(parameter -> ModelHash.of(List.of(parameter)))
            .collect(Collectors.joining("\n"));
    List<byte[]> all = collective.gather(bytes(each));
    List<String> first = text(all.get(0)).lines().toList();
    for (int rank = 1; rank < all.size(); rank++) {
      List<String> other = text(all.get(rank)).lines().toList();
      for (int i = 0; i < first.size(); i++) {
        if (!first.get(i).equals(other.get(i))) {
          throw new RanksDiverged(step, rank, parameters.get(i).name());
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
