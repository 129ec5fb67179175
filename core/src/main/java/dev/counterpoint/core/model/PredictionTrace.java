package dev.counterpoint.core.model;

import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records the forward passes of all {@link Predictor}s on the current thread. Not nested. */
public final class PredictionTrace {
  private static final ThreadLocal<@Nullable List<Pass>> CURRENT = new ThreadLocal<>();

  private PredictionTrace() {}

  /**
   * A forward pass.
   *
   * @param outputs the output of the model, such as logits (batch, classes)
   */
  public record Pass(HostBatch inputs, HostTensor outputs) {}

  /** The forward passes of predictions, in their order. */
  public static List<Pass> of(Runnable predictions) {
    List<Pass> passes = new ArrayList<>();
    CURRENT.set(passes);
    try {
      predictions.run();
    } finally {
      CURRENT.remove();
    }
    return passes;
  }

  static void add(HostBatch inputs, HostTensor outputs) {
    List<Pass> passes = CURRENT.get();
    if (passes != null) {
      passes.add(new Pass(inputs, outputs));
    }
  }
}
