package dev.counterpoint.core.training;

import dev.counterpoint.core.distributed.RankCoordinator;

/** The parts of a run that its checkpoints, step guard and callbacks share. */
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
