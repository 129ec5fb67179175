package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs inference with a trained model. Thread-safe. */
public final class Predictor {
  private static final ThreadLocal<@Nullable List<Pass>> TRACE = new ThreadLocal<>();

  private final BaseModel model;

  /**
   * The inputs and outputs of a forward pass.
   *
   * @param outputs the output of the model, such as logits (batch, classes)
   */
  public record Pass(HostBatch inputs, HostTensor outputs) {}

  /** Switches the model to evaluation mode, in which it must stay. */
  public Predictor(BaseModel model) {
    model.setTraining(false);
    this.model = model;
  }

  /**
   * The output of the model's forward pass, copied to Java memory; usually logits (batch, classes).
   *
   * @throws InvalidSettings if a value is NaN, or the highest of its row infinite, as with weights
   *     that are not finite
   */
  public HostTensor predict(HostBatch examples) {
    try (Batch batch = new Batch(examples, model.device());
        NDScope scope = new NDScope();
        Torch.Recording noGradients = Torch.noGradients()) {
      NDArray output = model.forward(batch);
      HostTensor values = HostTensor.of(output.toFloatArray(), output.getShape().getShape());
      requireFinite(values);
      List<Pass> trace = TRACE.get();
      if (trace != null) {
        trace.add(new Pass(examples, values));
      }
      return values;
    }
  }

  /**
   * Runs predictions of any predictors on the current thread, and returns their forward passes in
   * order. Traces are not nested.
   */
  public static List<Pass> trace(Runnable predictions) {
    List<Pass> passes = new ArrayList<>();
    TRACE.set(passes);
    try {
      predictions.run();
    } finally {
      TRACE.remove();
    }
    return passes;
  }

  private static void requireFinite(HostTensor output) {
    float[] values = output.floats();
    int width = output.shape().dimension() == 0 ? 1 : (int) output.shape().tail();
    for (int row = 0; row + width <= values.length && width > 0; row += width) {
      float highest = values[row];
      for (int i = row + 1; i < row + width; i++) {
        highest = Math.max(highest, values[i]); // NaN if any value is NaN
      }
      if (!Float.isFinite(highest)) {
        throw new InvalidSettings(
            "The output of the model contains %s: the weights of the model or the values of the input are not finite or too large.",
            highest);
      }
    }
  }

  /**
   * The most likely class of each example, from logits (batch, classes).
   *
   * @throws IllegalArgumentException if the model has a single output per example
   */
  public int[] classes(HostBatch examples) {
    HostTensor logits = predict(examples);
    int classes = (int) logits.shape().tail();
    if (classes < 2 || logits.shape().dimension() != 2) {
      throw new IllegalArgumentException(
          "Predicting classes needs logits (batch, classes) with at least two classes; the output has shape "
              + logits.shape()
              + ".");
    }
    int[] best = new int[examples.size()];
    for (int i = 0; i < best.length; i++) {
      for (int j = 1; j < classes; j++) {
        if (logits.floats()[i * classes + j] > logits.floats()[i * classes + best[i]]) {
          best[i] = j;
        }
      }
    }
    return best;
  }
}
