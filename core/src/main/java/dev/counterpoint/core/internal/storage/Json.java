package dev.counterpoint.core.internal.storage;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.Excerpt;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * JSON as this program reads and writes it. JSON has neither NaN nor infinity: they are written as
 * {@code null}. In data they are read, so that a message can name the field.
 */
public final class Json {
  /** Reads and writes JSON with the default settings. */
  public static final JsonMapper MAPPER = new JsonMapper();

  private static final Pattern ADVICE =
      Pattern.compile("[:;,]? *\\(?(bound as |enable `|`StreamRead|from `StreamRead).*");

  /** The names of Java classes in messages of Jackson. */
  private static final Pattern CLASSES =
      Pattern.compile(
          "( value| instance)? (of|into)( type)? `[^`]*`| \\((class|token|although|set) [^)]*\\)|, from `[^`]*`(?=\\))");

  private static final int MAX_STRING = 1 << 28; // The buffers of Jackson end at 2 GiB.

  private Json() {}

  /** A builder of mappers for user data. */
  public static JsonMapper.Builder forData() {
    return forData(StreamReadConstraints.DEFAULT_MAX_DEPTH);
  }

  /** As {@link #forData()}, with at most the given number of nested lists and objects. */
  public static JsonMapper.Builder forData(int depth) {
    StreamReadConstraints constraints =
        StreamReadConstraints.builder().maxStringLength(MAX_STRING).maxNestingDepth(depth).build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS);
  }

  /** Describes why a text is not JSON, on one line, without Jackson's advice for programmers. */
  public static String problem(JacksonException failure) {
    String message = String.valueOf(failure.getOriginalMessage()).lines().findFirst().orElse("");
    return Excerpt.of(
        ADVICE
            .matcher(CLASSES.matcher(message).replaceAll("").replaceAll("\\[Source: [^;]*; ", "["))
            .replaceFirst("")
            .replace("'\uFEFF'", "byte order mark"));
  }

  /** Reads JSON that this program contains or has written. */
  public static <T> T parse(String json, Class<T> type) {
    try {
      return MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The number to write; null if it is not finite. */
  public static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }

  /** Adds named numbers to an object. */
  public static void putAll(Map<String, Double> values, ObjectNode object) {
    values.forEach((name, value) -> object.put(name, finite(value)));
  }

  /** Reads a number; NaN for {@code null}. Earlier versions wrote the string {@code "NaN"}. */
  public static double number(JsonNode value) {
    return value.asDouble(Double.NaN);
  }

  /** Reads numbers by name. */
  public static Map<String, Double> numbers(JsonNode object) {
    Map<String, Double> values = new LinkedHashMap<>();
    object.properties().forEach(value -> values.put(value.getKey(), number(value.getValue())));
    return values;
  }
}
