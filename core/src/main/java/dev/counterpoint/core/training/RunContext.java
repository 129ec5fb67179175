package dev.counterpoint.core.training;

import dev.counterpoint.core.distributed.RankCoordinator;

/** The parts of a run that are shared by its checkpoints, step guard and callbacks. */
record RunContext(
    TrainState state,
    TrainingStrategy strategy,
    TrainingData data,
    RunOptions options,
    RankCoordinator ranks)
    implements AutoCloseable {
  @Override
  public void close() {
    state.close();
  }
}
