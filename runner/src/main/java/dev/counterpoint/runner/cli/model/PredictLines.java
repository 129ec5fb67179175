package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.tabular.TabularRows;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.LineNumberReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads prediction requests from lines of text or JSON. Lines that are available are grouped into
 * batches of at most 32, so that memory use does not depend on the length of the input and typed
 * lines are answered one by one.
 *
 * @param json whether each line is a JSON object; blank lines are then skipped
 * @param needsQuestion whether the model answers questions
 * @param features the number of features of each line; 0 if the lines are texts
 * @param pairs whether the model reads pairs of texts
 * @param question the question for lines without one; null if every line must have a question
 * @param table the columns of the rows, if each line is a JSON object with a row of a table
 */
record PredictLines(
    LineNumberReader lines,
    boolean json,
    boolean needsQuestion,
    int features,
    boolean pairs,
    @Nullable String question,
    @Nullable TabularRows table) {
  private static final int BATCH = 32;
  private static final String UNPAIRED_SURROGATE = "\uD800";
  static final ObjectReader JSON =
      Json.forData().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Decodes UTF-8. Malformed input becomes an unpaired surrogate, which valid UTF-8 never contains,
   * so that its line can be rejected by number.
   */
  static LineNumberReader decoded(InputStream bytes) {
    return new LineNumberReader(
        new InputStreamReader(
            bytes,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .replaceWith(UNPAIRED_SURROGATE)));
  }

  /**
   * Reads all lines and passes them to the handler in batches. The requests before an invalid line
   * are passed on before the exception is thrown.
   *
   * @throws InvalidSettings if a line is invalid; the message has its number
   */
  void read(Consumer<List<PredictRequest>> handler) throws IOException {
    List<PredictRequest> pending = new ArrayList<>();
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        request(line).ifPresent(pending::add);
        if (pending.size() == BATCH || !lines.ready()) {
          flush(pending, handler);
        }
      }
    } catch (InvalidSettings invalid) {
      flush(pending, handler);
      throw invalid;
    }
    flush(pending, handler);
  }

  private static void flush(List<PredictRequest> pending, Consumer<List<PredictRequest>> handler) {
    if (!pending.isEmpty()) {
      handler.accept(List.copyOf(pending));
      pending.clear();
    }
  }

  private Optional<PredictRequest> request(String line) {
    if (Surrogates.areUnpairedIn(line)) {
      throw invalidLine("is not UTF-8 text");
    }
    if (!json && table == null) {
      return Optional.of(checked(new PredictRequest(line, question, null)));
    }
    if (line.isBlank()) {
      return Optional.empty();
    }
    JsonNode object = parse(line);
    JsonNode id = table != null && table.columns().contains("id") ? null : object.get("id");
    if (id != null) {
      requirePairs("id", id.toString());
      if (id.isDouble() && !Double.isFinite(id.doubleValue())) {
        throw invalidLine("has " + id.asText() + " in \"id\", which is not a JSON number");
      }
    }
    if (table != null) {
      JsonNode row = id == null ? object : ((ObjectNode) object).without("id");
      return Optional.of(checked(new PredictRequest(row.toString(), null, id)));
    }
    if (features > 0) {
      return Optional.of(checked(new PredictRequest(numbers(object), null, id)));
    }
    if (pairs) {
      String pair = text(object, "text") + '\t' + text(object, "text2");
      return Optional.of(checked(new PredictRequest(pair, null, id)));
    }
    if (!needsQuestion) {
      return Optional.of(new PredictRequest(text(object, "text"), null, id));
    }
    String ownQuestion =
        question == null || object.has("question") ? text(object, "question") : question;
    String context = text(object, object.has("context") ? "context" : "text");
    return Optional.of(checked(new PredictRequest(context, ownQuestion, id)));
  }

  private PredictRequest checked(PredictRequest request) {
    request.check(origin(), features, pairs, table);
    String requested = request.question();
    if (needsQuestion && (request.text().isBlank() || requested == null || requested.isBlank())) {
      throw invalidLine("has an empty question or an empty text; both are required");
    }
    return request;
  }

  private JsonNode parse(String line) {
    try {
      JsonNode object = JSON.readTree(line);
      if (!object.isObject()) {
        throw invalidLine("is " + kind(object) + "; it must be a JSON object with " + required());
      }
      return object;
    } catch (JacksonException e) {
      throw invalidLine(
          "is not JSON (%s); with --json each line must be an object with %s"
              .formatted(Json.problem(e), required()));
    }
  }

  private String text(JsonNode object, String key) {
    JsonNode value = object.path(key);
    if (!value.isTextual()) {
      throw invalidLine(
          (value.isMissingNode()
                  ? "has no \"" + key + "\""
                  : "has " + kind(value) + " at \"" + key + "\"")
              + "; required: "
              + required());
    }
    requirePairs(key, value.textValue());
    return value.textValue();
  }

  private String numbers(JsonNode object) {
    JsonNode values = object.path("features");
    if (!values.isArray() || !values.valueStream().allMatch(JsonNode::isNumber)) {
      throw invalidLine("has no numbers at \"features\"; required: " + required());
    }
    return values.valueStream().map(JsonNode::asText).collect(Collectors.joining(","));
  }

  private void requirePairs(String key, String text) {
    if (Surrogates.areUnpairedIn(text)) {
      throw invalidLine(
          "has an unpaired surrogate at \"" + key + "\", which is not a valid character");
    }
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "a number";
      default -> value.toString();
    };
  }

  private String required() {
    if (table != null) {
      return "a value for each column: " + Excerpt.ofList(table.columns());
    }
    if (features > 0) {
      return "an array \"features\" of " + features + " numbers";
    }
    if (pairs) {
      return "the strings \"text\" and \"text2\", without tabs";
    }
    return needsQuestion ? "the strings \"question\" and \"context\"" : "a string \"text\"";
  }

  private InvalidSettings invalidLine(String problem) {
    return new InvalidSettings(origin() + " " + problem + ".");
  }

  private String origin() {
    return "Line " + lines.getLineNumber() + " of standard input";
  }
}
