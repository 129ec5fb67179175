package dev.counterpoint.core.training;

/**
 * How the work of a run is divided: a share of each batch, and a collective. {@code
 * StandardTrainingStrategy} is the one to read first; it defines what any other must equal.
 */
public interface TrainingStrategy extends AutoCloseable {
  /** Trains what is left of the epoch at hand: one call of {@link TrainingLoop#trainEpoch}. */
  void trainEpoch(TrainingLoop loop);

  /** How the processes speak to each other outside the loop, as in a validation. */
  Collective collective();

  /** How often the processes come together. */
  default Rounds rounds() {
    return Rounds.ofOneStep();
  }

  @Override
  default void close() {}
}
