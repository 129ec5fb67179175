package dev.counterpoint.runner.plan;

import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.runner.wiring.RunFile;

/**
 * Prediction of the peak memory of a training process, in bytes, from the shapes of its arrays.
 *
 * @param weights the parameters
 * @param optimizer the state of the optimizer, and averaged weights
 * @param gradients the gradients
 * @param activations what the forward pass of the longest micro-batch keeps for the backward pass,
 *     with the loss and its gradients
 * @param copies the arrays of a checkpoint that is written in the background
 * @param program data, code and the heap of the JVM beyond those of an empty start
 * @param peak the sum, which is the peak above an empty start: in the backward pass the gradients
 *     grow while activations are freed, but rarely fit into their memory
 */
record MemoryEstimate(
    long weights,
    long optimizer,
    long gradients,
    long activations,
    long copies,
    long program,
    long peak) {
  /** Measured with small models; it depends little on the model. */
  private static final long PROGRAM = 100_000_000;

  /** The loss keeps the probabilities, and its backward pass makes their gradients. */
  private static final int LOSS_ARRAYS = 3;

  /**
   * Predicts the memory.
   *
   * @param activations the bytes of the activations of the longest micro-batch
   * @param output the bytes of the output of the model for it
   * @param savesBetween whether a checkpoint is saved before the last step
   */
  static MemoryEstimate of(
      BaseModel model, RunFile run, long activations, long output, boolean savesBetween) {
    ModelSummary summary = ModelSummary.of(model);
    long weights = summary.count() * Float.BYTES;
    long trainable = summary.trainable() * Float.BYTES;
    long slots = run.training().optimizer().slots().stream().filter(slot -> !slot.scalar()).count();
    long averages = run.training().averageWeights() == null ? 0 : 1;
    long optimizer = (slots + averages) * trainable;
    long copies = savesBetween && run.checkpoint().background() ? weights + optimizer : 0;
    long kept = activations + LOSS_ARRAYS * output;
    return new MemoryEstimate(
        weights,
        optimizer,
        trainable,
        kept,
        copies,
        PROGRAM,
        weights + optimizer + trainable + kept + copies + PROGRAM);
  }

  /** The bytes of a checkpoint. */
  long checkpoint() {
    return weights + optimizer;
  }
}
