package dev.counterpoint.runner.wiring;

/**
 * Whether a run directory may contain examples of the data.
 *
 * @param snapshots whether steps with an unusual loss or gradient are saved, with their batches
 * @param samples whether the report shows outputs of the model for some examples, and the golden
 *     examples of the model are those of the validation split; otherwise they are random
 */
public record Privacy(boolean snapshots, boolean samples) {
  /** Saves snapshots and samples. */
  public static Privacy defaults() {
    return new Privacy(true, true);
  }
}
