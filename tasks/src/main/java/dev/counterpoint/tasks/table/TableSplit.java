package dev.counterpoint.tasks.table;

import org.jspecify.annotations.Nullable;

/**
 * Division of one table into training, validation and test rows. It is a function of the content of
 * the rows and of the seed.
 *
 * @param validation the share of the validation split; null or 0 for none
 * @param test the share of the test split; null or 0 for none
 * @param by how rows are selected; null for random
 * @param column the column of strata, groups or times; null for the target if stratified
 * @param seed null for the seed of the run
 */
public record TableSplit(
    @Nullable Double validation,
    @Nullable Double test,
    @Nullable By by,
    @Nullable String column,
    @Nullable Long seed) {
  /** How rows are selected. */
  public enum By {
    /** By a hash of the row: identical rows are in the same split. */
    RANDOM,
    /** Like random, with the same shares of each value of a column. */
    STRATIFIED,
    /** By a hash of a column's value: all rows with the same value are in the same split. */
    GROUP,
    /**
     * By a column of dates or numbers: the latest rows are the test split, those before them the
     * validation split.
     */
    TIME
  }

  public TableSplit {
    SplitShares.of(validation, test)
        .check()
        .that(
            column != null || by == null || by == By.RANDOM || by == By.STRATIFIED,
            "column",
            "null",
            "must be the column of the groups or times")
        .verify();
  }

  SplitShares shares() {
    return SplitShares.of(validation, test);
  }
}
