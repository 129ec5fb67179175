package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;

/**
 * The key of an entity, such as a customer.
 *
 * @param value 1 to {@value #MAX_LENGTH} characters; the number 42 and the text "42" are the same
 *     key
 */
public record EntityKey(String value) {
  private static final int MAX_LENGTH = 512;

  public EntityKey {
    if (value.isEmpty()
        || value.length() > MAX_LENGTH
        || value.indexOf('\0') >= 0
        || Surrogates.areUnpairedIn(value)) {
      throw new InvalidSettings(
          "\"%s\" is not a valid key: a key has 1 to %s characters.",
          Excerpt.ofItem(value), MAX_LENGTH);
    }
  }

  /**
   * Reads a key.
   *
   * @throws InvalidSettings if the value is neither an integer nor a text
   */
  public static EntityKey of(JsonNode value) {
    if (!value.isIntegralNumber() && !value.isTextual()) {
      throw new InvalidSettings(
          "%s is not a key; a key is a text or an integer.", Excerpt.ofItem(value.toString()));
    }
    return new EntityKey(value.asText());
  }

  @Override
  public String toString() {
    return value;
  }
}
