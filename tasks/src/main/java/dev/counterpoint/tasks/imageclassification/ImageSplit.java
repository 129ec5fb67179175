package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.tasks.table.SplitShares;
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
    SplitShares.of(validation, test).check().verify();
  }

  SplitShares shares() {
    return SplitShares.of(validation, test);
  }

  /** The names of the splits. */
  List<String> names() {
    return shares().validation() == 0
        ? List.of(DataSplits.TRAIN, DataSplits.TEST)
        : shares().test() == 0
            ? List.of(DataSplits.TRAIN, DataSplits.VALIDATION)
            : List.of(DataSplits.TRAIN, DataSplits.VALIDATION, DataSplits.TEST);
  }
}
