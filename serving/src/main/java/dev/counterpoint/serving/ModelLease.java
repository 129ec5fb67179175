package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.feature.FeatureReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The right to use a model: its native memory is not freed before all leases are closed. */
public final class ModelLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLease.class);

  private final ServedModel model;
  private final AtomicBoolean closed = new AtomicBoolean();

  ModelLease(ServedModel model) {
    this.model = model;
  }

  /** Waits until models are closed, or logs a warning after the limit: a process must end. */
  public static void awaitAll(CompletableFuture<Void> closed, Duration limit) {
    closed
        .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(
            failure -> {
              LOG.warn("A model was not closed within {}.", limit, failure);
              return null;
            })
        .join();
  }

  /** The name of the model. */
  public String name() {
    return model.name();
  }

  /** The version of the model. */
  public int version() {
    return model.version();
  }

  /** The model, for its labels and its signature. */
  public Pipeline pipeline() {
    return model.pipeline();
  }

  /** Counts the result of the feature lookup for an input. */
  void observe(String view, FeatureReport report) {
    model.metrics().features(view, report);
  }

  /** The maximum number of inputs of a request. */
  public int maxInputs() {
    return model.limits().queue();
  }

  void requireAllowed(int inputs) {
    model.requireAllowed(inputs);
  }

  /**
   * Encodes inputs on the calling thread, and queues them for the next batch.
   *
   * @param deadline when the answer is no longer needed; null if it always is
   * @return completes with the predictions in the order of the inputs
   * @throws dev.counterpoint.core.settings.InvalidSettings if an input does not fit the model
   * @throws PredictionFailed if the queue is full
   */
  public CompletableFuture<List<ObjectNode>> predict(
      List<JsonNode> inputs, @Nullable Instant deadline) {
    if (closed.get()) {
      throw new IllegalStateException("The lease of the model is closed.");
    }
    return model.predict(inputs, deadline);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      var unused = model.release();
    }
  }
}
