package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.JsonPredictor;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model, with its own queue and threads. It is closed after its owner has
 * {@linkplain #release released} it and all leases are closed. Thread-safe.
 */
public final class ServedModel {
  /** The maximum length of a text: encoding a word of a million letters takes a second. */
  private static final int MAX_CHARACTERS = 100_000;

  private final String name;
  private final int version;
  private final BatchLimits limits;
  private final JsonPredictor predictor;
  private final InputReader reader;
  private final ModelMetrics metrics;
  private final BatchEngine engine;
  private final AtomicInteger uses = new AtomicInteger(1); // of the owner
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  /**
   * Starts the threads of a model, and computes its golden examples on each of them.
   *
   * @param pipeline closed with this model, but not if this constructor throws
   * @throws InvalidSettings if the model predicts text, or reads images, or if a golden example has
   *     another result than after training
   */
  public ServedModel(
      String name, int version, Pipeline pipeline, BatchLimits limits, MeterRegistry meters) {
    if (pipeline.kind() == Pipeline.Kind.TEXT || pipeline.config().data().image() != null) {
      throw new InvalidSettings(
          "The model %s %s, which is not supported; supported are models of texts, pairs of texts,"
              + " questions, features and tables.",
          name, pipeline.kind() == Pipeline.Kind.TEXT ? "generates text" : "reads images");
    }
    this.name = new ModelId(name, version, null).name();
    this.version = version;
    this.limits = limits;
    predictor = new JsonPredictor(pipeline, null, EntityPredictor.Words.TEXT);
    reader = InputReader.of(pipeline, null);
    metrics = new ModelMetrics(meters, name, version);
    try {
      engine =
          new BatchEngine(
              name,
              limits,
              new BatchEngine.Work(
                  () -> GoldenExamples.check(pipeline), this::compute, this::closePipeline),
              metrics);
    } catch (CompletionException e) {
      meters.counter("counterpoint.check.failures", "model", name).increment();
      throw e.getCause() instanceof RuntimeException refused ? refused : e;
    }
  }

  /** The name of the model. */
  public String name() {
    return name;
  }

  /** The version of the model. */
  public int version() {
    return version;
  }

  /** The limits of its batches. */
  public BatchLimits limits() {
    return limits;
  }

  /** Whether this model has the name and the version of an id. */
  public boolean isVersion(ModelId id) {
    return name.equals(id.name()) && Integer.valueOf(version).equals(id.version());
  }

  ModelMetrics metrics() {
    return metrics;
  }

  Pipeline pipeline() {
    return predictor.pipeline();
  }

  /** A lease of this model; empty if it is closed. */
  public Optional<ModelLease> lease() {
    boolean isOpen = uses.getAndUpdate(it -> it == 0 ? 0 : it + 1) > 0;
    return isOpen ? Optional.of(new ModelLease(this)) : Optional.empty();
  }

  /**
   * Releases the model for its owner, who must call this only once.
   *
   * @return completes when all leases are closed and the native memory is freed
   */
  public CompletableFuture<Void> release() {
    if (uses.decrementAndGet() == 0) {
      engine.stop();
    }
    return closed;
  }

  private void closePipeline() {
    metrics.close();
    try {
      pipeline().close();
      closed.complete(null);
    } catch (RuntimeException | Error e) {
      closed.completeExceptionally(e);
    }
  }

  /** Requires the number of inputs of a request to fit into an empty queue. */
  void requireAllowed(int inputs) {
    if (inputs > limits.queue()) {
      throw new InvalidSettings(
          "The request has %s inputs; at most %s are allowed.", inputs, limits.queue());
    }
  }

  CompletableFuture<List<ObjectNode>> predict(List<JsonNode> inputs, @Nullable Instant deadline) {
    engine.requireRoom(inputs.size());
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (deadline != null && !Instant.now().isBefore(deadline)) {
        return CompletableFuture.failedFuture(new TimeoutException());
      }
      examples.add(example("inputs[" + i + "]", inputs.get(i)));
    }
    CompletableFuture<List<ObjectNode>> answer = new CompletableFuture<>();
    List<CompletableFuture<ObjectNode>> results = engine.submit(examples);
    var unusedAll =
        CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
            .whenComplete(
                (all, failure) -> {
                  if (failure == null) {
                    answer.complete(results.stream().map(CompletableFuture::join).toList());
                  } else {
                    answer.completeExceptionally(failure);
                  }
                });
    var unusedEnd = answer.whenComplete((all, failure) -> results.forEach(it -> it.cancel(false)));
    return answer;
  }

  private Example example(String origin, JsonNode json) {
    ModelInput input = reader.read(origin, json);
    if (input.characters() > MAX_CHARACTERS) {
      throw new InvalidSettings(
          "%s has %s characters; at most %s are allowed.",
          origin, input.characters(), MAX_CHARACTERS);
    }
    if (!predictor.readsEncoded()) {
      return new Example(input, null, input.characters()); // a token has at least one
    }
    TextEncoder.Encoded encoded = predictor.encoded(List.of(input));
    return new Example(input, encoded, (int) encoded.batch().tokens());
  }

  private List<ObjectNode> compute(List<Example> examples) {
    List<ModelInput> inputs = examples.stream().map(Example::input).toList();
    if (!predictor.readsEncoded()) {
      return predictor.predict(inputs);
    }
    return predictor.predict(
        inputs,
        pipeline()
            .batch(examples.stream().map(it -> Objects.requireNonNull(it.encoded())).toList()));
  }
}
