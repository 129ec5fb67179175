import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainState;
import dev.counterpoint.core.training.TrainingStrategy;

/** Adds Gaussian noise to the gradient of each batch (Neelakantan et al. 2015, without decay). */
public record GradientNoise(Config config) implements TrainingStrategy {
  @Override
  public int reduceGradients(TrainState state) {
    Torch.seed(state.seed("gradient-noise")); // a function of the step, so that resuming is exact
    float scale = (float) (config.deviation * state.batchWeight()); // gradients are of a sum
    state.gradients().accumulated().forEach(gradient -> addNoise(gradient.array(), scale));
    return 1;
  }

  private static void addNoise(NDArray x, float scale) {
    x.addi(x.getManager().randomNormal(0, scale, x.getShape(), DataType.FLOAT32, x.getDevice()));
  }

  /** The standard deviation of the noise. */
  public record Config(double deviation) implements StrategyConfig {
    @Override
    public TrainingStrategy build(Collective collective) {
      return new GradientNoise(this);
    }
  }
}
