package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * Loshchilov and Hutter 2019: {@code torch.optim.AdamW}. {@link Adam} whose weight decay shrinks
 * the parameter by learningRate * weightDecay before the update, instead of adding to the gradient.
 * PyTorch's decays all parameters; here those of one dimension are left alone, as {@link
 * OptimizerConfig#weightDecay} says.
 *
 * @param beta1 decay of the average of gradients
 * @param beta2 decay of the average of squared gradients
 * @param epsilon added to the root of the corrected average of squares
 * @param amsgrad divides by the largest average of squares so far
 */
public record AdamW(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    boolean amsgrad)
    implements OptimizerConfig {
  public AdamW {
    Adam.checks(learningRate, beta1, beta2, epsilon, weightDecay).verify();
  }

  /** The defaults of {@code torch.optim.AdamW}. */
  public static AdamW defaults() {
    return of(1e-3);
  }

  /** The defaults with another rate. */
  public static AdamW of(double learningRate) {
    return new AdamW(learningRate, 0.9, 0.999, 1e-8, 0.01, false);
  }

  @Override
  public List<Slot> slots() {
    return Adam.slots(amsgrad);
  }

  @Override
  public void update(Update update) {
    Adam.run("adamw", update, beta1, beta2, epsilon, amsgrad);
  }
}
