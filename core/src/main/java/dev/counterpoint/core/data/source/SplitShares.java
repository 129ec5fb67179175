package dev.counterpoint.core.data.source;

import dev.counterpoint.core.settings.Checks;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The shares of the training data that become the validation and the test split; 0 for none.
 *
 * <p>Every row or image has a key, such as a hash; those with the largest keys of a stratum are the
 * test split, those before them the validation split. Equal keys are in the same split, so shares
 * are exact only up to equal keys.
 */
public record SplitShares(double validation, double test) {
  /** Creates the shares; null is 0. */
  public static SplitShares of(@Nullable Double validation, @Nullable Double test) {
    return new SplitShares(validation == null ? 0 : validation, test == null ? 0 : test);
  }

  /** Checks the shares of settings. */
  public Checks check() {
    return new Checks()
        .below("validation", validation, 0, 1)
        .below("test", test, 0, 1)
        .that(
            validation + test > 0 && validation + test < 1,
            "validation",
            validation,
            "plus test must be greater than 0 and less than 1");
  }

  /** Checks that a split does not have both a share and files. */
  public static void check(
      Checks checks, String split, @Nullable Double share, @Nullable Object files) {
    checks.that(
        files == null || share == null,
        "split." + split,
        String.valueOf(share),
        "cannot be combined with the files of the " + split + " split");
  }

  /** The bounds of the splits of one stratum. */
  public Bounds bounds(LongStream keys) {
    long[] sorted = keys.sorted().toArray();
    int firstTest = sorted.length - (int) Math.round(test * sorted.length);
    int firstValidation = firstTest - (int) Math.round(validation * sorted.length);
    return new Bounds(at(sorted, firstValidation), at(sorted, firstTest));
  }

  private static long at(long[] sorted, int index) {
    return index < sorted.length ? sorted[Math.max(index, 0)] : Long.MAX_VALUE;
  }

  /** The smallest keys of the validation and of the test split. */
  public record Bounds(long validation, long test) {
    /** The name of the split of a key. */
    public String splitOf(long key) {
      return key >= test
          ? DataSplits.TEST
          : key >= validation ? DataSplits.VALIDATION : DataSplits.TRAIN;
    }
  }
}
