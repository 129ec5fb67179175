package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015) with optional AMSGrad (Reddi, Kale and Kumar 2018): {@code
 * torch.optim.Adam}. Weight decay is added to the gradient (L2 regularization); see {@link AdamW}
 * for decoupled weight decay.
 *
 * @param beta1 decay of the running average of gradients
 * @param beta2 decay of the running average of squared gradients
 * @param epsilon added to the square root of the bias-corrected average of squared gradients
 * @param amsgrad whether to divide by the maximum of all averages of squared gradients so far
 */
public record Adam(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    boolean amsgrad)
    implements OptimizerConfig {
  public Adam {
    checks(learningRate, beta1, beta2, epsilon, weightDecay).verify();
  }

  /** Checks the settings that all Adam variants share; the caller calls {@code verify}. */
  public static Checks checks(
      double learningRate, double beta1, double beta2, double epsilon, double weightDecay) {
    return new Checks()
        .positive("learningRate", learningRate)
        .below("beta1", beta1, 0, 1)
        .below("beta2", beta2, 0, 1)
        .notNegative("epsilon", epsilon)
        .notNegative("weightDecay", weightDecay);
  }

  /** The defaults of {@code torch.optim.Adam}. */
  public static Adam defaults() {
    return new Adam(1e-3, 0.9, 0.999, 1e-8, 0, false);
  }

  @Override
  public List<Slot> slots() {
    return slots(amsgrad);
  }

  /** The state of Adam and AdamW. */
  public static List<Slot> slots(boolean amsgrad) {
    List<Slot> slots = List.of(Slot.step(), Slot.array("exp_avg"), Slot.array("exp_avg_sq"));
    return amsgrad
        ? List.of(slots.get(0), slots.get(1), slots.get(2), Slot.array("max_exp_avg_sq"))
        : slots;
  }

  @Override
  public void update(Update update) {
    run("adam", update, beta1, beta2, epsilon, amsgrad);
  }

  /** Runs the update of Adam or AdamW, which differ only in the weight decay. */
  public static void run(
      String function, Update update, double beta1, double beta2, double epsilon, boolean amsgrad) {
    List<String> slots = List.of("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step");
    update.run("adam", function, slots, beta1, beta2, update.weightDecay(), epsilon, amsgrad);
  }
}
