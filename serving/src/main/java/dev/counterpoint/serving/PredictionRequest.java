package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.settings.InvalidSettings;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Examples for a model.
 *
 * @param id returned in the response; null if there is none
 * @param inputs one JSON object per example, with the keys of {@code predict --json}: {@code text},
 *     {@code text} and {@code text2}, {@code question} and {@code context}, {@code features}, or
 *     the columns of a table
 * @param deadline when the answer is no longer needed; null if it always is
 */
public record PredictionRequest(
    @Nullable String id, ModelId model, List<JsonNode> inputs, @Nullable Instant deadline) {
  public PredictionRequest {
    inputs = List.copyOf(inputs);
    if (inputs.isEmpty()) {
      throw new InvalidSettings("The request has no inputs; at least one is required.");
    }
  }

  /**
   * Texts for a model.
   *
   * @param model {@code NAME}, {@code NAME/VERSION} or {@code NAME@ALIAS}
   */
  public static PredictionRequest ofTexts(String model, String... texts) {
    List<JsonNode> inputs =
        Arrays.stream(texts)
            .map(text -> (JsonNode) JsonNodeFactory.instance.objectNode().put("text", text))
            .toList();
    return new PredictionRequest(null, ModelId.parse(model), inputs, null);
  }
}
