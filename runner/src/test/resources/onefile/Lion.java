import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.optimizer.Slot;
import dev.counterpoint.core.optimizer.Update;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.settings.Checks;
import java.util.List;

/** The sign of a momentum (Chen et al. 2023, algorithm 2). */
public record Lion(double learningRate, double beta1, double beta2, double weightDecay)
    implements OptimizerConfig {
  public Lion {
    new Checks()
        .positive("learningRate", learningRate)
        .below("beta1", beta1, 0, 1)
        .below("beta2", beta2, 0, 1)
        .notNegative("weightDecay", weightDecay)
        .verify();
  }

  public static Lion defaults() {
    return new Lion(1e-4, 0.9, 0.99, 0);
  }

  @Override
  public List<Slot> slots() {
    return List.of(Slot.array("exp_avg"));
  }

  @Override
  public void update(Update update) {
    for (int i = 0; i < update.parameters().size(); i++) {
      NDArray parameter = update.parameters().get(i);
      NDArray gradient = update.gradients().get(i);
      NDArray average = update.slot("exp_avg").get(i);
      NDArray direction = average.mul(beta1).add(gradient.mul(1 - beta1)).sign();
      parameter.muli(1 - update.learningRate() * update.weightDecay());
      parameter.subi(direction.mul(update.learningRate()));
      average.muli(beta2).addi(gradient.mul(1 - beta2));
    }
  }
}
