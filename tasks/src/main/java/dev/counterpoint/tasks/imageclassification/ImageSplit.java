package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.Checks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Division of the training images into splits, with the same shares of each class, by a hash of the
 * pixels: identical images are in the same split.
 *
 * @param validation the share of the validation split; null or 0 for none
 * @param test the share of the test split; null or 0 for none
 * @param seed null for the seed of the run
 */
public record ImageSplit(@Nullable Double validation, @Nullable Double test, @Nullable Long seed) {
  public ImageSplit {
    double total = share(validation) + share(test);
    new Checks()
        .below("validation", validation, 0, 1)
        .below("test", test, 0, 1)
        .that(
            total > 0 && total < 1,
            "validation",
            share(validation),
            "plus test must be greater than 0 and less than 1")
        .verify();
  }

  private static double share(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  /** The names of the splits. */
  List<String> names() {
    return share(validation) == 0
        ? List.of(DataSplits.TRAIN, DataSplits.TEST)
        : share(test) == 0
            ? List.of(DataSplits.TRAIN, DataSplits.VALIDATION)
            : List.of(DataSplits.TRAIN, DataSplits.VALIDATION, DataSplits.TEST);
  }

  /** The bounds of the splits among the keys of one class. */
  Bounds bounds(List<Long> keys) {
    List<Long> sorted = keys.stream().sorted().toList();
    int test = sorted.size() - (int) Math.round(share(this.test) * sorted.size());
    int validation = test - (int) Math.round(share(this.validation) * sorted.size());
    return new Bounds(at(sorted, validation), at(sorted, test));
  }

  private static long at(List<Long> sorted, int index) {
    return index < sorted.size() ? sorted.get(Math.max(index, 0)) : Long.MAX_VALUE;
  }

  /** The smallest keys of the validation and of the test split. */
  record Bounds(long validation, long test) {
    String splitOf(long key) {
      return key >= test ? DataSplits.TEST : key >= validation ? DataSplits.VALIDATION : DataSplits.TRAIN;
    }
  }
}
