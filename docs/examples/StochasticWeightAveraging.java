import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainState;
import dev.counterpoint.core.training.TrainingStrategy;
import java.util.Map;
import java.util.TreeMap;

/** Stochastic weight averaging (Izmailov et al. 2018) over the ends of the last epochs. */
public record StochasticWeightAveraging(int lastEpochs, Map<String, NDArray> state)
    implements TrainingStrategy {
  @Override
  public void setup(TrainState run) {
    run.weights().forEach((name, w) -> state.put(name, w.expandDims(0).repeat(0, lastEpochs)));
  }

  @Override
  public boolean afterStep(TrainState run) {
    if (run.isEpochEnd()) {
      NDIndex slot = new NDIndex(run.epoch() % lastEpochs);
      run.weights().forEach((name, weight) -> state.get(name).set(slot, weight));
    }
    return true;
  }

  @Override
  public Map<String, NDArray> resultWeights(TrainState run) {
    Map<String, NDArray> mean = new TreeMap<>(state); // (lastEpochs, ...) -> (...)
    mean.replaceAll((name, snapshots) -> snapshots.mean(new int[] {0}));
    return run.completedEpochs() < lastEpochs ? Map.of() : mean;
  }

  public record Config(int lastEpochs) implements StrategyConfig {
    @Override
    public TrainingStrategy build(Collective collective) {
      return new StochasticWeightAveraging(lastEpochs, new TreeMap<>());
    }
  }
}
