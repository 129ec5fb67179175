package dev.counterpoint.serving.feature;

import java.util.Map;

/**
 * Features of a view.
 *
 * @param rows the rows of the entities that have one
 */
public record Features(Map<EntityKey, FeatureRow> rows) {
  public Features {
    rows = Map.copyOf(rows);
  }
}
