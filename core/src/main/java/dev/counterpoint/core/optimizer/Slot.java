package dev.counterpoint.core.optimizer;

/**
 * Something that an optimizer remembers of each parameter.
 *
 * @param name as torch.optim names it, as {@code exp_avg}
 * @param scalar one number rather than an array of the parameter's shape
 * @param start the value before the first update
 */
public record Slot(String name, boolean scalar, double start) {
  /** An array of the parameter's shape that starts at 0. */
  public static Slot array(String name) {
    return new Slot(name, false, 0);
  }

  /**
   * The count of the updates that a parameter has had, from 0: {@code state_steps} of torch.optim.
   */
  public static Slot step() {
    return new Slot("step", true, 0);
  }
}
