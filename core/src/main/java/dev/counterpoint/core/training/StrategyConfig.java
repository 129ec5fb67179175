package dev.counterpoint.core.training;

/**
 * The settings of a strategy: the {@code strategy:} of a run file. An implementation is a record.
 */
@FunctionalInterface
public interface StrategyConfig {
  TrainingStrategy build();
}
