package dev.counterpoint.core.optimizer;

import java.util.List;

/**
 * AdamW (Loshchilov and Hutter 2019): {@code torch.optim.AdamW}. {@link Adam} with decoupled weight
 * decay, which shrinks the parameter by learningRate * weightDecay before the update instead of
 * adding to the gradient. Unlike in PyTorch, one-dimensional parameters are not decayed by default,
 * see {@link OptimizerConfig#weightDecay}.
 *
 * @param beta1 decay of the running average of gradients
 * @param beta2 decay of the running average of squared gradients
 * @param epsilon added to the square root of the bias-corrected average of squared gradients
 * @param amsgrad whether to divide by the maximum of all averages of squared gradients so far
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

  /** The default settings with the given learning rate. */
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
