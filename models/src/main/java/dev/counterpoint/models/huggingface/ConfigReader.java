package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values of a {@code config.json}. What is absent has the default of Hugging Face's class, as
 * the first published files say little.
 *
 * @param config the file's content
 * @param name the file, for a message
 */
public record ConfigReader(JsonNode config, String name) {
  private static final Map<String, Activation> ACTIVATIONS = new LinkedHashMap<>();

  static {
    ACTIVATIONS.put("gelu", Activation.GELU);
    ACTIVATIONS.put("gelu_new", Activation.GELU_TANH);
    ACTIVATIONS.put("gelu_pytorch_tanh", Activation.GELU_TANH);
    ACTIVATIONS.put("relu", Activation.RELU);
    ACTIVATIONS.put("silu", Activation.SILU);
    ACTIVATIONS.put("tanh", Activation.TANH);
    ACTIVATIONS.put("sigmoid", Activation.SIGMOID);
  }

  public int whole(String key, int absent) {
    Integer value = whole(key);
    return value == null ? absent : value;
  }

  /** A whole number, or null where it is absent or null. */
  public @Nullable Integer whole(String key) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(key, "a whole number");
    }
    return value.asInt();
  }

  public double number(String key, double absent) {
    Double value = number(key);
    return value == null ? absent : value;
  }

  /** A number, or null where it is absent or null. */
  public @Nullable Double number(String key) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw wrong(key, "a number");
    }
    return value.asDouble();
  }

  /** A function by Hugging Face's name of it. */
  public Activation activation(String key, String absent) {
    Activation found = ACTIVATIONS.get(config.path(key).asText(absent));
    if (found == null) {
      throw wrong(key, "one of " + String.join(", ", ACTIVATIONS.keySet()));
    }
    return found;
  }

  /** Hugging Face's name of a function. */
  public static String nameOf(Activation activation) {
    return ACTIVATIONS.entrySet().stream()
        .filter(entry -> entry.getValue() == activation)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** Refuses a value that asks for what is not computed here. */
  public void require(String key, String only) {
    if (!config.path(key).asText(only).equals(only)) {
      throw wrong(key, only + ": nothing else is computed here");
    }
  }

  private InvalidSettings wrong(String key, String rule) {
    return new InvalidSettings(
        name + ": " + key + " is " + config.path(key) + ", and must be " + rule + ".");
  }
}
