package dev.counterpoint.inference.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tabular.TabularRows;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Input of one prediction.
 *
 * @param text the text to classify, two texts separated by a tab, the context that contains the
 *     answer, the numbers of a row of features, separated by commas or white space, or a row of a
 *     table as a JSON object
 * @param question the question about the text; null unless the model answers questions
 * @param id the {@code id} of a JSON object, returned with its prediction; null if it has none
 */
public record ModelInput(String text, @Nullable String question, @Nullable JsonNode id) {
  /** The number of characters of the text and the question. */
  public int characters() {
    return text.length() + (question == null ? 0 : question.length());
  }

  /**
   * Reads a pair of texts.
   *
   * @throws InvalidSettings if the text does not consist of two texts, separated by a tab
   */
  public List<String> pair() {
    List<String> texts = List.of(text.split("\t", -1));
    if (texts.size() != 2 || texts.get(1).isBlank()) {
      throw new InvalidSettings(
          "needs two texts, separated by a tab, but has \"%s\"", Excerpt.of(text));
    }
    return texts;
  }

  /**
   * Reads a row of features.
   *
   * @throws InvalidSettings if the text is not the given number of finite numbers
   */
  public float[] features(int count) {
    String[] fields = text.strip().split("\\s*[,\\s]\\s*", -1);
    float[] features = new float[fields.length];
    for (int i = 0; i < fields.length; i++) {
      features[i] = number(fields[i]);
    }
    if (features.length != count) {
      throw new InvalidSettings(
          "needs %s numbers, one for each feature, but has %s", count, fields.length);
    }
    return features;
  }

  /**
   * Reads a row of a table: the values by column.
   *
   * @throws InvalidSettings if the text is not a JSON object
   */
  public Map<String, @Nullable Object> row() {
    try {
      return InputReader.JSON
          .forType(new TypeReference<Map<String, @Nullable Object>>() {})
          .readValue(text);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          "is not a JSON object with a value for each column (%s): %s",
          Json.problem(e), Excerpt.of(text));
    }
  }

  private static float number(String field) {
    try {
      float number = Float.parseFloat(field);
      if (Float.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new InvalidSettings("has \"%s\", which is not a finite number", Excerpt.ofItem(field));
  }

  /**
   * Checks a row of features or of a table, or a pair of texts.
   *
   * @param origin names the request in the message
   * @param count the number of features; 0 if the request is a text
   * @param pairs whether the model reads pairs of texts
   * @param table the columns of a row; null if the request is not one
   */
  void check(String origin, int count, boolean pairs, @Nullable TabularRows table) {
    Map<String, @Nullable Object> row = Map.of();
    try {
      if (table != null) {
        row = row();
      } else if (count > 0) {
        features(count);
      } else if (pairs) {
        pair();
      }
    } catch (InvalidSettings e) {
      throw new InvalidSettings("%s %s.", origin, e.getMessage());
    }
    if (table != null) {
      table.check(origin, row);
    }
  }
}
