import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.Share;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingLoop;
import dev.counterpoint.core.training.TrainingStrategy;
import java.nio.ByteBuffer;
import java.util.List;

/** One process that adds noise to its gradients (after Neelakantan et al. 2015; no decay). */
public final class GradientNoise implements TrainingStrategy {
  private final Collective collective;

  private GradientNoise(double deviation) {
    collective = new Noisy(deviation);
  }

  @Override
  public void trainEpoch(TrainingLoop loop) {
    loop.trainEpoch(Share.whole(), collective);
  }

  @Override
  public Collective collective() {
    return collective;
  }

  private record Noisy(double deviation) implements Collective {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int world() {
      return 1;
    }

    @Override
    public void sum(Gradients gradients) {
      gradients.accumulated().forEach(gradient -> disturb(gradient.array()));
    }

    private void disturb(NDArray gradient) {
      try (NDArray noise =
          gradient
              .getManager()
              .randomNormal(
                  0f, (float) deviation, gradient.getShape(), gradient.getDataType())) {
        gradient.addi(noise);
      }
    }

    @Override
    public void sum(ByteBuffer numbers) {}

    @Override
    public void broadcast(ByteBuffer bytes) {}

    @Override
    public List<byte[]> gather(byte[] own) {
      return List.of(own);
    }
  }

  /**
   * Its settings.
   *
   * @param deviation of the noise on the sum of the gradients of a batch
   */
  public record Config(double deviation) implements StrategyConfig {
    public Config {
      new Checks().notNegative("deviation", deviation).verify();
    }

    @Override
    public TrainingStrategy build(Collective collective) {
      return new GradientNoise(deviation);
    }
  }
}
