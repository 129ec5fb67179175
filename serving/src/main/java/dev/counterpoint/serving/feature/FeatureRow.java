package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.counterpoint.core.internal.storage.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The features of an entity since an event.
 *
 * @param time the time of the event, in microseconds
 * @param values a number, a text, true, false or null by column
 */
public record FeatureRow(EntityKey key, Instant time, Map<String, JsonNode> values) {
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][-+]?\\d+)?");

  /** The maximum length of a number, in characters; a longer text is never a number. */
  private static final int MAX_DIGITS = 40;

  public FeatureRow {
    time = time.truncatedTo(ChronoUnit.MICROS);
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * The value of a text in a table: a number, true or false if its JSON form is the same text, so
   * that a model reads the same text as in training. An empty text is a missing value.
   */
  public static JsonNode value(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return NullNode.getInstance();
    }
    boolean isNumber = text.length() <= MAX_DIGITS && NUMBER.matcher(text).matches();
    if (text.equals("true") || text.equals("false") || isNumber) {
      JsonNode value = Json.parse(text, JsonNode.class);
      if (value.asText().equals(text)) {
        return value;
      }
    }
    return TextNode.valueOf(text);
  }

  /** The values as a JSON object. */
  public String json() {
    return Json.MAPPER.valueToTree(values).toString();
  }

  /** A row with the values of a JSON object. */
  public static FeatureRow ofJson(EntityKey key, Instant time, String json) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    Json.parse(json, JsonNode.class)
        .properties()
        .forEach(it -> values.put(it.getKey(), it.getValue()));
    return new FeatureRow(key, time, values);
  }
}
