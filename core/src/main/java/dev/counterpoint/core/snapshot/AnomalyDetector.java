package dev.counterpoint.core.snapshot;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;

/**
 * Finds the first value of a training step that is not finite: {@code
 * torch.autograd.detect_anomaly}. Unlike PyTorch, it also checks the forward pass, and it repeats
 * the backward pass only of a step that has failed, so that other steps have no cost for it.
 */
public final class AnomalyDetector {
  private AnomalyDetector() {}

  /**
   * Checks the output of every layer of a model on this thread, until the result is closed.
   *
   * @param position describes the current activity, such as {@code step 3}
   * @return an observer whose layers throw a {@link NotFiniteException} at the first output with a
   *     value that is not finite
   */
  public static LayerObserver observe(BaseModel model, Supplier<String> position) {
    // device-to-host synchronization: reads two numbers for each layer
    return LayerObserver.begin(
        model, (layer, output) -> requireFinite("output of " + layer, output, position.get()));
  }

  /**
   * Checks an array of a step.
   *
   * @throws NotFiniteException if it has a value that is not finite
   */
  public static void requireFinite(String description, NDArray array, String position) {
    FiniteCheck check = new FiniteCheck();
    check.inspect(description, array);
    if (check.first().isPresent()) {
      throw new NotFiniteException(
          "The first value that is not finite is in %s: %s."
              .formatted(position, check.first().get()));
    }
  }

  /**
   * Repeats the backward pass of a step whose gradients are not finite.
   *
   * @param microBatches the examples of the step
   * @param seeds the seed of each micro-batch
   * @return the parameter nearest to the loss whose gradient is not finite; empty if all are finite
   */
  public static Optional<String> inBackward(
      BaseModel model, List<Batch> microBatches, IntToLongFunction seeds) {
    FiniteCheck check = new FiniteCheck();
    for (int i = 0; i < microBatches.size() && check.first().isEmpty(); i++) {
      Batch batch = microBatches.get(i);
      try (Gradients gradients = new Gradients(model.parameters());
          ForwardScope scope = ForwardScope.record(seeds.applyAsLong(i))) {
        gradients.add(model.loss(model.forward(batch), batch).sum());
        check.inspectInBackwardOrder(gradients);
      }
    }
    return check.first();
  }
}
