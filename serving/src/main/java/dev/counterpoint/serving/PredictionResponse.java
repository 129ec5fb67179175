package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.serving.feature.FeatureReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Predictions of a model.
 *
 * @param id the id of the request; null if it has none
 * @param version the version of the model that predicted
 * @param outputs one JSON object per input, in their order, as {@code predict --json} prints it:
 *     with {@code label}, {@code probability} and {@code probabilities}, or {@code values}, {@code
 *     entities}, an answer, or a {@code result}
 * @param features for each input what the feature store had, by the name of the view; an empty map
 *     if the store was not asked
 */
public record PredictionResponse(
    @Nullable String id,
    String model,
    int version,
    List<? extends JsonNode> outputs,
    List<Map<String, FeatureReport>> features) {
  public PredictionResponse {
    outputs = List.copyOf(outputs);
    features = List.copyOf(features);
  }
}
