package dev.counterpoint.runner.wiring;

/**
 * Which examples of the data a run directory may contain.
 *
 * @param snapshots whether steps with an unusual loss or gradient are saved, with their batches
 * @param samples whether the report shows outputs of the model for some examples
 */
public record Privacy(boolean snapshots, boolean samples) {
  /** Both are saved. */
  public static Privacy defaults() {
    return new Privacy(true, true);
  }
}
