package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.feature.FeatureInputs;
import dev.counterpoint.serving.feature.FeatureLookup;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.tasks.tabular.TabularRows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predicts with the models of a registry. Thread-safe; requests of many threads are batched.
 *
 * <pre>{@code
 * service.predict(PredictionRequest.ofTexts("sentiment", "A fine film."))
 *     .outputs().get(0).path("label").textValue()
 * }</pre>
 */
public final class ProductionModelService {
  private static final Logger LOG = LoggerFactory.getLogger(ProductionModelService.class);

  private final ModelRegistry models;
  private final FeatureLookup features;

  /** A service for models without a feature store. */
  public ProductionModelService(ModelRegistry models) {
    this(models, FeatureStore.none());
  }

  /**
   * A service for models of a registry; a feature store provides what the inputs lack.
   *
   * @param features stays open until the service has answered
   */
  public ProductionModelService(ModelRegistry models, FeatureStore features) {
    this.models = Objects.requireNonNull(models, "models");
    this.features = new FeatureLookup(Objects.requireNonNull(features, "features"));
  }

  /**
   * Returns the predictions for a request.
   *
   * @throws PredictionFailed if there are none; it has the reason
   */
  public PredictionResponse predict(PredictionRequest request) {
    try {
      return submit(request).join();
    } catch (CompletionException e) {
      throw PredictionFailed.of(e);
    }
  }

  /**
   * Validates and encodes the inputs, on the calling thread unless they need features, and queues
   * them. Cancelling the future removes them from the queue. Dependent stages must not block: they
   * run on a thread of the model.
   *
   * @return completes with the predictions, or with {@link PredictionFailed}
   */
  public CompletableFuture<PredictionResponse> submit(PredictionRequest request) {
    try {
      return submit(models.getModel(request.model()), request);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(PredictionFailed.of(e));
    }
  }

  /**
   * Predicts with a model that the caller has leased; the name in the request is ignored.
   *
   * @param model closed when the future completes
   * @return as of {@link #submit(PredictionRequest)}
   */
  public CompletableFuture<PredictionResponse> submit(ModelLease model, PredictionRequest request) {
    CompletableFuture<PredictionResponse> response = new CompletableFuture<>();
    if (request.deadline() != null) {
      failAt(request.deadline(), response);
    }
    CompletableFuture<FeatureInputs> filled = inputs(model, request);
    var unusedEnd = response.whenComplete((value, failure) -> filled.cancel(false));
    var unused =
        filled
            .thenCompose(inputs -> predict(model, inputs, request, response))
            .whenComplete(
                (value, failure) -> {
                  model.close();
                  if (failure == null) {
                    response.complete(value);
                  } else {
                    response.completeExceptionally(failed(model, failure));
                  }
                });
    return response;
  }

  private static void failAt(Instant deadline, CompletableFuture<?> response) {
    Duration left = Duration.between(Instant.now(), deadline);
    long seconds = Math.min(left.toSeconds(), Integer.MAX_VALUE); // also until Instant.MAX
    long millis = TimeUnit.SECONDS.toMillis(seconds) + left.toMillisPart() + 1;
    CompletableFuture<?> timer = new CompletableFuture<>();
    var unused =
        timer
            .orTimeout(Math.max(0, millis), TimeUnit.MILLISECONDS)
            .whenComplete(
                (none, late) -> {
                  if (late != null) {
                    response.completeExceptionally(PredictionFailed.of(late));
                  }
                });
    var unusedEnd = response.whenComplete((value, failure) -> timer.complete(null));
  }

  /** Logs a failure whose cause the caller does not get. */
  private static PredictionFailed failed(ModelLease model, Throwable failure) {
    PredictionFailed failed = PredictionFailed.of(failure);
    if (failed.reason() == PredictionFailed.Reason.FAILED) {
      LOG.warn("The model {} failed for a request.", model.name(), failure);
    }
    return failed;
  }

  /** Adds the missing features to the inputs. */
  private CompletableFuture<FeatureInputs> inputs(ModelLease model, PredictionRequest request) {
    try {
      model.requireAllowed(request.inputs().size());
      FeatureInputs inputs = FeatureInputs.of(request.inputs(), request.featureKeys());
      Pipeline pipeline = model.pipeline();
      List<FeatureView> views =
          pipeline.signature().map(ModelSignature::features).orElseGet(List::of);
      Set<String> columns = pipeline.table().map(TabularRows::columns).orElseGet(Set::of);
      return features.fill(inputs, views, columns, model::observe);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static CompletableFuture<PredictionResponse> predict(
      ModelLease model,
      FeatureInputs inputs,
      PredictionRequest request,
      CompletableFuture<PredictionResponse> response) {
    CompletableFuture<List<ObjectNode>> outputs = model.predict(inputs.rows(), request.deadline());
    var unused = response.whenComplete((value, failure) -> outputs.cancel(false));
    return outputs.thenApply(
        values ->
            new PredictionResponse(
                request.id(), model.name(), model.version(), values, inputs.reports()));
  }
}
