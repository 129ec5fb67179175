package dev.counterpoint.runner.wiring;

/**
 * Which examples of the data a run directory may contain.
 *
 * @param snapshots whether steps with an unusual loss or gradient are saved, with their batches
 * @param samples whether the report shows outputs of the model for some examples, and the golden
 *     examples of the model are those of the validation split; otherwise they are random
 */
public record Privacy(boolean snapshots, boolean samples) {
  /** Both are saved. */
  public static Privacy defaults() {
    return new Privacy(true, true);
  }
}
