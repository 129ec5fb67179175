package dev.counterpoint.core.training;

/**
 * The settings of a strategy: the {@code strategy:} of a run file. An implementation is a record.
 */
@FunctionalInterface
public interface StrategyConfig {
  /**
   * Builds the strategy of one process.
   *
   * @param collective how it speaks to the other processes of the run, for a strategy that has any;
   *     {@link Collective#alone()} where nobody has started others
   */
  TrainingStrategy build(Collective collective);
}
