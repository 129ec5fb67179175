package dev.counterpoint.strategies.distributed;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.training.TrainState;
import dev.counterpoint.core.training.TrainingStrategy;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * DiLoCo: each process takes {@code syncEvery} local optimizer steps with its shard of the batches;
 * then an outer optimizer takes a step with the mean change of the weights (Douillard et al. 2023,
 * arXiv 2311.08105, algorithm 1). An epoch ends a round of local steps too.
 *
 * <p>With {@code syncEvery} 1 the gradients are summed over the processes in each step, as in
 * {@link DistributedTrainingStrategy}, and the outer step follows on the common change. If that
 * step is the plain mean, the training is the synchronous one, bit for bit.
 *
 * <p>Unlike the paper, the gradient of a shard is scaled by {@code worldSize / weight of the whole
 * batch}, so that the mean of the gradients is the gradient of the batch although shards have
 * different weights. With SGD and the mean as outer step, rounds of one local step are therefore
 * synchronous training up to rounding. With Adam they are not, because it divides by the root of
 * squares.
 */
final class DiLoCoTrainingStrategy implements TrainingStrategy {
  private final int syncEvery;
  private final OuterOptimizerConfig config;
  private final Collective collective;
  private @Nullable OuterOptimizer outer;
  private @Nullable RankLocalState optimizers;

  DiLoCoTrainingStrategy(int syncEvery, OuterOptimizerConfig config, Collective collective) {
    this.syncEvery = syncEvery;
    this.config = config;
    this.collective = collective;
  }

  @Override
  public Collective collective() {
    return collective;
  }

  @Override
  public void setup(TrainState state) {
    outer = new OuterOptimizer(config, state.weights());
    optimizers = new RankLocalState(state.optimizer().state(), collective);
  }

  private OuterOptimizer outer() {
    return Objects.requireNonNull(outer, "setup comes first");
  }

  private boolean hasLocalSteps() {
    return syncEvery > 1;
  }

  @Override
  public int reduceGradients(TrainState state) {
    outer().startIfNew();
    if (hasLocalSteps()) {
      return 1;
    }
    collective.allReduce(state.gradients());
    return collective.worldSize();
  }

  @Override
  public boolean afterStep(TrainState state) {
    boolean roundEnds = state.stepInEpoch() % syncEvery == 0 || state.isEpochEnd();
    if (roundEnds) {
      // Without local steps all processes have the same change.
      outer().step(hasLocalSteps() ? collective : Collective.singleProcess());
    }
    return roundEnds;
  }

  @Override
  public Map<String, ?> state() {
    Map<String, NDArray> state = new HashMap<>(outer().state());
    if (hasLocalSteps()) {
      state.putAll(Objects.requireNonNull(optimizers).gather());
    }
    return state;
  }

  @Override
  public void loadState(Map<String, ?> state) {
    if (hasLocalSteps()) {
      Objects.requireNonNull(optimizers).scatter(state);
    }
  }

  @Override
  public void close() {
    if (outer != null) {
      outer.close();
    }
  }
}
