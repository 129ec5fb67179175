package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads values from a Hugging Face {@code config.json}. An absent key has the default of the
 * Hugging Face configuration class, because early published files contain few keys.
 *
 * @param config content of the file
 * @param name path of the file, for error messages
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

  public int integer(String key, int defaultValue) {
    Integer value = integer(key);
    return value == null ? defaultValue : value;
  }

  /** An integer, or null if the key is absent or null. */
  public @Nullable Integer integer(String key) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw invalid(key, "an integer");
    }
    return value.asInt();
  }

  public double number(String key, double defaultValue) {
    Double value = number(key);
    return value == null ? defaultValue : value;
  }

  /** A number, or null if the key is absent or null. */
  public @Nullable Double number(String key) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw invalid(key, "a number");
    }
    return value.asDouble();
  }

  /** An activation function by its Hugging Face name. */
  public Activation activation(String key, String defaultValue) {
    Activation found = ACTIVATIONS.get(config.path(key).asText(defaultValue));
    if (found == null) {
      throw invalid(key, "one of " + String.join(", ", ACTIVATIONS.keySet()));
    }
    return found;
  }

  /** The Hugging Face name of an activation function. */
  public static String nameOf(Activation activation) {
    return ACTIVATIONS.entrySet().stream()
        .filter(entry -> entry.getValue() == activation)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /**
   * Checks that a key is absent or has the only supported value.
   *
   * @throws InvalidSettings if it has another value
   */
  public void require(String key, String supported) {
    if (!config.path(key).asText(supported).equals(supported)) {
      throw unsupported(key, supported);
    }
  }

  /** An error for a key with a value that is valid, but not supported. */
  InvalidSettings unsupported(String key, String rule) {
    return invalid(key, rule + "; other values are not supported");
  }

  private InvalidSettings invalid(String key, String rule) {
    String value = config.has(key) ? config.path(key).toString() : "absent";
    return new InvalidSettings(name + ": " + key + " is " + value + ", but must be " + rule + ".");
  }
}
