package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.feature.EntityKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Examples for a model.
 *
 * @param id returned in the response; null if there is none
 * @param inputs one JSON object per example, with the keys of {@code predict --json}: {@code text},
 *     {@code text} and {@code text2}, {@code question} and {@code context}, {@code features}, or
 *     the columns of a table. Columns of a feature store may be absent: then an example has the key
 *     of its entity in the key's column
 * @param featureKeys for each example the keys of entities by the key's column, in addition to
 *     those in the inputs; empty if there are none
 * @param deadline when the answer is no longer needed; null if it always is
 */
public record PredictionRequest(
    @Nullable String id,
    ModelId model,
    List<JsonNode> inputs,
    List<Map<String, EntityKey>> featureKeys,
    @Nullable Instant deadline) {
  public PredictionRequest {
    inputs = List.copyOf(inputs);
    featureKeys = List.copyOf(featureKeys);
    if (inputs.isEmpty()) {
      throw new InvalidSettings("The request has no inputs; at least one is required.");
    }
  }

  /** A request whose feature keys, if any, are in its inputs. */
  public PredictionRequest(
      @Nullable String id, ModelId model, List<JsonNode> inputs, @Nullable Instant deadline) {
    this(id, model, inputs, List.of(), deadline);
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
