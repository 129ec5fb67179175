package dev.counterpoint.core.model;

import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records the forward passes of all {@link Predictor}s on the current thread until it is closed.
 * Traces are not nested.
 */
public final class PredictionTrace implements AutoCloseable {
  private static final ThreadLocal<@Nullable PredictionTrace> CURRENT = new ThreadLocal<>();

  private final List<Pass> passes = new ArrayList<>();

  /**
   * A forward pass.
   *
   * @param outputs the output of the model, such as logits (batch, classes)
   */
  public record Pass(HostBatch inputs, HostTensor outputs) {}

  private PredictionTrace() {}

  /** Starts a trace of the current thread. */
  public static PredictionTrace start() {
    PredictionTrace trace = new PredictionTrace();
    CURRENT.set(trace);
    return trace;
  }

  static void add(HostBatch inputs, HostTensor outputs) {
    PredictionTrace trace = CURRENT.get();
    if (trace != null) {
      trace.passes.add(new Pass(inputs, outputs));
    }
  }

  /** The forward passes so far, in their order. */
  public List<Pass> passes() {
    return List.copyOf(passes);
  }

  @Override
  public void close() {
    CURRENT.remove();
  }
}
