package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Shard;
import java.util.Map;

/**
 * Training strategy: distributes training over processes, and may change gradients and weights.
 * Every hook is the identity by default; {@code StandardTrainingStrategy} overrides none and
 * defines what the other strategies must equal.
 *
 * <p>All hooks are called by the training thread, in the order below, by every process of the run
 * at the same point. Autograd is off in all hooks. Arrays that must live longer than a hook must be
 * created in {@link #setup}; arrays created in any other hook are freed after it, or after its
 * result has been used.
 */
public interface TrainingStrategy extends Stateful, AutoCloseable {
  /** The strategy of a single process: every hook is the identity. */
  static TrainingStrategy singleProcess() {
    return new TrainingStrategy() {};
  }

  /** The collective that connects the processes of the run; it also sums the metrics. */
  default Collective collective() {
    return Collective.singleProcess();
  }

  /**
   * Prepares the strategy for a model. The weights are initialized at this point; a checkpoint is
   * loaded later.
   */
  default void setup(TrainState state) {}

  /** Trains the remaining steps of the current epoch, or until a validation is due. */
  default void trainEpoch(TrainingLoop loop) {
    loop.trainEpoch();
  }

  /** The part of each batch that this process computes. */
  default Shard shard() {
    return Shard.of(collective().rank(), collective().worldSize());
  }

  /**
   * Reduces the gradients over the processes, in place. On entry they are the gradients of the sum
   * of the losses over the shard of this process; afterwards the loop divides them by the weight of
   * the whole batch ({@link TrainState#batchWeight}) and clips them.
   *
   * @return the number of processes whose gradients are in the sum: the world size after an
   *     all-reduce, 1 if each process takes a separate step. The loop scales by {@code worldSize /
   *     result}, so that the mean over the processes is always the gradient of the batch.
   */
  default int reduceGradients(TrainState state) {
    return 1;
  }

  /**
   * Called after each optimizer step, with the step counted in {@code state}.
   *
   * @return whether all processes now have identical weights. Checkpoints, validations and stops
   *     are delayed until they do; the last step of an epoch must return true.
   */
  default boolean afterStep(TrainState state) {
    return true;
  }

  /**
   * The weights that are validated and saved as the result of the run, by parameter name; each has
   * the shape of its parameter. Parameters without an entry, by default all, keep their current
   * values. During a validation the values are exchanged with the values in the model.
   */
  default Map<String, NDArray> resultWeights(TrainState state) {
    return Map.of();
  }

  /**
   * The state that a checkpoint saves in addition to the model and the optimizer. Rank 0 saves it
   * for all processes. Arrays must be identical in every process and are restored in every process.
   * Exceptions are arrays whose names begin with {@value Stateful#RANK_PREFIX}: rank 0 receives all
   * of these in {@link #loadState}, regardless of how many the checkpoint has.
   */
  @Override
  default Map<String, ?> state() {
    return Map.of();
  }

  @Override
  default void loadState(Map<String, ?> state) {}

  @Override
  default void close() {}
}
