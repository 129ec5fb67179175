package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Inputs of a model for tables, before or after the features of a store are added.
 *
 * @param rows one JSON object per input
 * @param keys for each input the keys of its entities by column, in addition to those in the row;
 *     empty if there are none
 * @param reports for each input what the store had, by the name of the view
 */
public record FeatureInputs(
    List<JsonNode> rows,
    List<Map<String, EntityKey>> keys,
    List<Map<String, FeatureReport>> reports) {
  public FeatureInputs {
    rows = List.copyOf(rows);
    keys = List.copyOf(keys);
    reports = List.copyOf(reports);
    if (!keys.isEmpty() && keys.size() != rows.size()) {
      throw new InvalidSettings(
          "The request has %s inputs, but feature keys for %s.", rows.size(), keys.size());
    }
  }

  /** Inputs without features. */
  public static FeatureInputs of(List<JsonNode> rows, List<Map<String, EntityKey>> keys) {
    return new FeatureInputs(rows, keys, Collections.nCopies(rows.size(), Map.of()));
  }
}
