package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The result of the feature lookup for one input.
 *
 * @param age the time since the event of the features; null if there are none
 * @param missing the columns that got their default, or a missing value, instead of a feature
 */
public record FeatureReport(State state, @Nullable Duration age, List<String> missing) {
  /** The state of the features. */
  public enum State {
    /** The features are not older than the maximum age. */
    FRESH,
    /** The features are older than the maximum age. */
    STALE,
    /** The store has no features of the entity. */
    MISSING,
    /** The store did not answer; any features are cached from an earlier request. */
    UNREACHABLE
  }

  public FeatureReport {
    missing = List.copyOf(missing);
  }

  /** {@code state}, and {@code ageSeconds} and {@code missing} unless they are empty. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("state", state.name().toLowerCase(Locale.ROOT));
    if (age != null) {
      json.put("ageSeconds", age.toMillis() / 1e3);
    }
    if (!missing.isEmpty()) {
      missing.forEach(json.putArray("missing")::add);
    }
    return json;
  }
}
