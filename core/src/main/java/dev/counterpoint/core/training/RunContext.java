package dev.counterpoint.core.training;

/** The parts of a run that its checkpoints, its guard and its callbacks share. */
record RunContext(
    TrainState state,
    TrainingStrategy strategy,
    TrainingData data,
    RunOptions options,
    RankCoordinator ranks) {}
