package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.parameter.Gradients;

/**
 * Training loop: {@link #trainEpoch} contains every operation of a training step in order. Five
 * calls lead from the command {@code train} to the loss of the model: {@code TrainingProcess.run},
 * {@code Trainer.train}, {@link TrainingStrategy#trainEpoch}, this loop, and {@link
 * BaseModel#loss}.
 *
 * <p>Losses are sums. The gradients of all micro-batches of all processes are added up and divided
 * once by the weight of the whole batch, so that the step does not depend on how the batch is
 * split. The engine is seeded from the position of each micro-batch, so that a resumed run draws
 * the same random numbers. Arrays that a micro-batch creates on this thread are freed with its
 * scope; most arrays that the backward pass does not need are freed before it begins.
 */
public final class TrainingLoop {
  private final TrainState state;
  private final TrainingStrategy strategy;
  private final TrainingData data;
  private final CallbackDispatcher listener;

  TrainingLoop(
      TrainState state, TrainingStrategy strategy, TrainingData data, CallbackDispatcher listener) {
    this.state = state;
    this.strategy = strategy;
    this.data = data;
    this.listener = listener;
  }

  /**
   * Trains the remaining steps of the current epoch, or until a validation is due or any process of
   * the run is requested to stop. All processes stop after the same step, with identical weights.
   */
  public void trainEpoch() {
    BaseModel model = state.model();
    Gradients gradients = state.gradients();
    Optimizer optimizer = state.optimizer();
    boolean stop = false;
    try (BatchLoader steps = data.load(state, strategy)) {
      while (steps.hasNext() && !stop && !state.isEpochEnd() && !state.isValidationDue()) {
        StepTotals totals = new StepTotals(strategy.collective());
        gradients.clear();
        try (StepBatch batch = steps.next()) {
          for (Batch microBatch : batch.microBatches()) {
            int index = totals.microBatch();
            listener.beforeBatch(index, microBatch);
            try (ForwardScope scope = ForwardScope.record(state.seed(index, totals.rank()))) {
              NDArray output = model.forward(microBatch);
              listener.beforeLoss(output, microBatch);
              LossSum loss = model.loss(output, microBatch);
              gradients.add(loss.sum(), scope); // backward
              totals.add(loss, microBatch); // device-to-host synchronization: the loss
            }
          }
          totals.allReduce(state.stopRequested());
          state.setBatchWeight(totals.weight());
          try (NDScope temporary = Torch.newScope()) {
            int summed = strategy.reduceGradients(state);
            double norm = state.scaleAndClip(totals.scale(summed)); // synchronization: the norm
            totals.setNorm(norm, summed);
            listener.beforeUpdate(totals, batch);
            totals.setLearningRate(optimizer.step(gradients, state::learningRate)); // update
            state.stepDone(totals);
            state.setSynchronous(strategy.afterStep(state));
          }
          listener.afterStep(totals, batch);
          stop = totals.stopRequested() && state.isSynchronous();
        }
      }
    }
  }
}
