package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads values from a configuration file of transformers or PEFT, such as {@code config.json}, and
 * records which keys were read. An absent key has the default of the Python class.
 *
 * @param config content of the file
 * @param name path of the file, for error messages
 * @param read the keys that were read so far
 */
public record ConfigReader(JsonNode config, String name, Set<String> read) {
  private static final int MAX_SHOWN = 200;

  /** Keys with their supported values, and other tables, in {@code keys.json}. */
  static final JsonNode TABLE =
      Json.parse(Resource.read(ConfigReader.class, "keys.json"), JsonNode.class);

  private static final Map<String, Activation> ACTIVATIONS =
      Json.MAPPER.convertValue(
          TABLE.get("activations"), new TypeReference<Map<String, Activation>>() {});

  /**
   * Creates a reader of a file.
   *
   * @throws InvalidSettings if the content is not a JSON object
   */
  public static ConfigReader of(JsonNode config, String name) {
    if (!config.isObject()) {
      throw new InvalidSettings(name + " must contain a JSON object.");
    }
    return new ConfigReader(config, name, new TreeSet<>());
  }

  /** The value of a key, which counts as read; a missing node if it is absent. */
  JsonNode value(String key) {
    read.add(key);
    return config.path(key);
  }

  /** An integer greater than 0. */
  public int integer(String key, int defaultValue) {
    return checked(key, integer(key), defaultValue, it -> it > 0, "an integer greater than 0");
  }

  /** The value of a key, which can be absent, but not null. */
  private <T> T checked(
      String key, @Nullable T value, T defaultValue, Predicate<T> rule, String text) {
    if (value == null ? config.has(key) : !rule.test(value)) {
      throw invalid(key, text);
    }
    return value == null ? defaultValue : value;
  }

  /** An integer, or null if the key is absent or null. */
  public @Nullable Integer integer(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw invalid(key, "an integer");
    }
    return value.asInt();
  }

  /** A number greater than 0. */
  public double number(String key, double defaultValue) {
    return checked(key, number(key), defaultValue, it -> it > 0, "a number greater than 0");
  }

  /**
   * Checks that a number of heads divides a width.
   *
   * @return the number
   */
  public int divisor(String key, int heads, String widthKey, int width) {
    if (width % heads != 0) {
      throw invalid(key, "a divisor of " + widthKey + ", which is " + width);
    }
    return heads;
  }

  /** A dropout probability: a number of at least 0 and less than 1. */
  public double probability(String key, double defaultValue) {
    String rule = "at least 0 and less than 1";
    return checked(key, number(key), defaultValue, it -> it >= 0 && it < 1, rule);
  }

  /** A number, or null if the key is absent or null. */
  public @Nullable Double number(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
      throw invalid(key, "a finite number");
    }
    return value.asDouble();
  }

  /** True or false. */
  public boolean flag(String key, boolean defaultValue) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw invalid(key, "true or false");
    }
    return value.asBoolean(defaultValue);
  }

  /** A list of texts; empty if the key is absent or null. */
  List<String> texts(String key) {
    JsonNode value = value(key);
    List<String> texts = new ArrayList<>();
    if (!value.isMissingNode() && !value.isNull() && !value.isArray()) {
      throw unsupported(key, "a list of names");
    }
    for (JsonNode entry : value) {
      if (!entry.isTextual()) {
        throw invalid(key, "a list of names");
      }
      texts.add(entry.textValue());
    }
    return texts;
  }

  /** An activation function by its Hugging Face name. */
  public Activation activation(String key, String defaultValue) {
    JsonNode value = value(key);
    String name = value.isMissingNode() ? defaultValue : value.asText();
    Activation found = value.isNull() ? null : ACTIVATIONS.get(name);
    if (found == null) {
      throw unsupported(key, "one of " + String.join(", ", ACTIVATIONS.keySet()));
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
   * Checks that a key is absent or has a supported value.
   *
   * @param supported the supported values as JSON, such as {@code null} or {@code "absolute"}
   * @throws InvalidSettings if it has another value
   */
  public void require(String key, String... supported) {
    JsonNode value = value(key);
    if (!value.isMissingNode() && !List.of(supported).contains(value.toString())) {
      throw unsupported(
          key, Stream.of(supported).map(ConfigReader::shown).collect(Collectors.joining(" or ")));
    }
  }

  /**
   * Checks that keys are absent or have one of the values, or the type, of a table in {@code
   * keys.json}. A key without a rule has no effect on numbers.
   */
  void restrict(String table) {
    for (JsonNode rule : TABLE.get(table)) {
      for (JsonNode keys : rule.get("keys")) {
        List.of(keys.asText().split(" ")).forEach(key -> check(key, rule));
      }
    }
  }

  private void check(String key, JsonNode rule) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return;
    }
    if (rule.has("values") && rule.get("values").valueStream().noneMatch(it -> isSame(it, value))) {
      throw unsupported(
          key,
          rule.get("values")
              .valueStream()
              .map(JsonNode::toString)
              .collect(Collectors.joining(" or ")));
    }
    if (rule.has("type")
        && rule.get("like").valueStream().noneMatch(it -> it.asToken() == value.asToken())) {
      throw invalid(key, rule.get("type").asText());
    }
  }

  private static boolean isSame(JsonNode supported, JsonNode value) {
    return (supported.isNumber() && value.isNumber())
        ? supported.asDouble() == value.asDouble()
        : supported.equals(value);
  }

  /** Reads settings; the message of an error about them begins with the path of the file. */
  <T> T named(Supplier<T> settings) {
    try {
      return settings.get();
    } catch (InvalidSettings e) {
      String message = String.valueOf(e.getMessage());
      throw message.startsWith(name) ? e : new InvalidSettings(name + ": " + message);
    }
  }

  /** The keys that were neither read nor checked. */
  public List<String> unread() {
    return config
        .propertyStream()
        .map(Map.Entry::getKey)
        .filter(key -> !read.contains(key) && !key.startsWith("_"))
        .toList();
  }

  /** An error for a key with a value that is valid, but not supported. */
  InvalidSettings unsupported(String key, String rule) {
    return invalid(key, rule + "; other values are not supported");
  }

  private static String shown(String text) {
    return text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text;
  }

  InvalidSettings invalid(String key, String rule) {
    String value = config.has(key) ? config.path(key).toString() : "absent";
    return new InvalidSettings("%s: %s is %s, but must be %s.", name, key, shown(value), rule);
  }
}
