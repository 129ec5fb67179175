package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Kingma and Ba 2015, and Reddi, Kale and Kumar 2018 for AMSGrad: {@code torch.optim.Adam}. Weight
 * decay is added to the gradient (L2); {@link AdamW} keeps them apart.
 *
 * @param beta1 decay of the average of gradients
 * @param beta2 decay of the average of squared gradients
 * @param epsilon added to the root of the corrected average of squares
 * @param amsgrad divides by the largest average of squares so far
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

  /** What all kin of Adam ask of these settings; to be verified. */
  static Checks checks(
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

  static List<Slot> slots(boolean amsgrad) {
    List<Slot> usual = List.of(Slot.step(), Slot.array("exp_avg"), Slot.array("exp_avg_sq"));
    return amsgrad
        ? List.of(usual.get(0), usual.get(1), usual.get(2), Slot.array("max_exp_avg_sq"))
        : usual;
  }

  @Override
  public void update(Update update) {
    run("adam", update, beta1, beta2, epsilon, amsgrad);
  }

  /** Adam and AdamW are one function but for the decay. */
  static void run(
      String function, Update update, double beta1, double beta2, double epsilon, boolean amsgrad) {
    Kernel.load("adam")
        .run(
            function,
            update.parameters(),
            update.gradients(),
            update.slot("exp_avg"),
            update.slot("exp_avg_sq"),
            amsgrad ? update.slot("max_exp_avg_sq") : List.of(),
            update.slot("step"),
            update.learningRate(),
            beta1,
            beta2,
            update.weightDecay(),
            epsilon,
            amsgrad);
  }
}
