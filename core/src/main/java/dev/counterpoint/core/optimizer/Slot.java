package dev.counterpoint.core.optimizer;

/**
 * Optimizer state kept for each parameter.
 *
 * @param name name as in torch.optim, such as {@code exp_avg}
 * @param scalar whether the state is one number instead of an array of the parameter's shape
 * @param start initial value
 */
public record Slot(String name, boolean scalar, double start) {
  /** State of the parameter's shape, initially 0. */
  public static Slot array(String name) {
    return new Slot(name, false, 0);
  }

  /** Number of updates of a parameter, initially 0: {@code state_steps} of torch.optim. */
  public static Slot step() {
    return new Slot("step", true, 0);
  }
}
