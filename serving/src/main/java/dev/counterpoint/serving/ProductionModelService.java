package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Predicts with the models of a registry. Thread-safe; requests of many threads are batched.
 *
 * <pre>{@code
 * service.predict(PredictionRequest.ofTexts("sentiment", "A fine film."))
 *     .outputs().get(0).path("label").textValue()
 * }</pre>
 */
public final class ProductionModelService {
  private final ModelRegistry models;

  public ProductionModelService(ModelRegistry models) {
    this.models = Objects.requireNonNull(models, "models");
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
   * Validates and encodes the inputs on the calling thread, and queues them. Cancelling the future
   * removes them from the queue. Dependent stages must not block: they run on a thread of the
   * model.
   *
   * @return completes with the predictions, or with {@link PredictionFailed}
   */
  public CompletableFuture<PredictionResponse> submit(PredictionRequest request) {
    try {
      return submit(models.getModel(request.model()), request);
    } catch (RuntimeException e) {
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
    CompletableFuture<List<ObjectNode>> outputs = outputs(model, request);
    var unusedEnd =
        outputs.whenComplete(
            (values, failure) -> {
              model.close();
              if (failure == null) {
                response.complete(
                    new PredictionResponse(request.id(), model.name(), model.version(), values));
              } else {
                response.completeExceptionally(PredictionFailed.of(failure));
              }
            });
    var unused = response.whenComplete((value, failure) -> outputs.cancel(false));
    return response;
  }

  private static CompletableFuture<List<ObjectNode>> outputs(
      ModelLease model, PredictionRequest request) {
    try {
      return model.predict(request.inputs(), request.deadline());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
