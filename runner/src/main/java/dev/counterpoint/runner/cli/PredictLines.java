package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests from lines as they come, as many together as are there, but never more than a batch: so
 * that input of any length takes no more memory, and somebody who types sees each answer.
 */
final class PredictLines {
  private static final int BATCH = 32;
  private static final String HALF = "\uD800";
  private static final ObjectReader JSON =
      new JsonMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final BufferedReader lines;
  private final boolean json;
  private final boolean asksQuestions;
  private final @Nullable String question;
  private long number;

  /**
   * Lines of text, or of JSON.
   *
   * @param json whether each line is a JSON object; blank lines count for nothing then
   * @param asksQuestions whether the model needs a question
   * @param question the one for lines that have none; null where each must have its own
   */
  PredictLines(
      BufferedReader lines, boolean json, boolean asksQuestions, @Nullable String question) {
    this.lines = lines;
    this.json = json;
    this.asksQuestions = asksQuestions;
    this.question = question;
  }

  /** Bytes as characters: where they are no UTF-8, half a pair, which UTF-8 has none of. */
  static BufferedReader decoded(InputStream bytes) {
    return new BufferedReader(
        new InputStreamReader(
            bytes,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .replaceWith(HALF)));
  }

  /**
   * Reads to the end. What comes before a line that cannot be read is handed over first.
   *
   * @throws InvalidSettings naming the line that is not as it must be
   */
  void read(Consumer<List<PredictRequest>> handler) throws IOException {
    List<PredictRequest> waiting = new ArrayList<>();
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        request(line).ifPresent(waiting::add);
        if (waiting.size() == BATCH || !lines.ready()) {
          handOver(waiting, handler);
        }
      }
    } catch (InvalidSettings wrong) {
      handOver(waiting, handler);
      throw wrong;
    }
    handOver(waiting, handler);
  }

  private static void handOver(
      List<PredictRequest> waiting, Consumer<List<PredictRequest>> handler) {
    if (!waiting.isEmpty()) {
      handler.accept(List.copyOf(waiting));
      waiting.clear();
    }
  }

  private Optional<PredictRequest> request(String line) {
    if (Surrogates.areUnpairedIn(line)) {
      throw wrong("is not UTF-8 text");
    }
    if (!json) {
      return Optional.of(checked(new PredictRequest(line, question, null)));
    }
    if (line.isBlank()) {
      return Optional.empty();
    }
    JsonNode object = parse(line);
    JsonNode id = object.get("id");
    if (id != null) {
      requirePairs("id", id.toString());
    }
    if (!asksQuestions) {
      return Optional.of(new PredictRequest(text(object, "text"), null, id));
    }
    String asked = question == null || object.has("question") ? text(object, "question") : question;
    String context = text(object, object.has("context") ? "context" : "text");
    return Optional.of(checked(new PredictRequest(context, asked, id)));
  }

  private PredictRequest checked(PredictRequest request) {
    String asked = request.question();
    if (asksQuestions && (request.text().isBlank() || asked == null || asked.isBlank())) {
      throw wrong("has an empty question or an empty text; an answer needs both");
    }
    return request;
  }

  private JsonNode parse(String line) {
    try {
      JsonNode object = JSON.readTree(line);
      if (!object.isObject()) {
        throw wrong("is " + kind(object) + "; it must be a JSON object with " + needed());
      }
      return object;
    } catch (JacksonException e) {
      throw wrong(
          "is not JSON ("
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + "); with --json each line must be an object with "
              + needed());
    }
  }

  private String text(JsonNode object, String key) {
    JsonNode value = object.path(key);
    if (!value.isTextual()) {
      throw wrong(
          (value.isMissingNode()
                  ? "has no \"" + key + "\""
                  : "has at \"" + key + "\" " + kind(value))
              + "; it needs "
              + needed());
    }
    requirePairs(key, value.textValue());
    return value.textValue();
  }

  private void requirePairs(String key, String text) {
    if (Surrogates.areUnpairedIn(text)) {
      throw wrong("has at \"" + key + "\" half of a surrogate pair, which is no character");
    }
  }

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "a text";
      case NUMBER -> "a number";
      default -> value.toString();
    };
  }

  private String needed() {
    return asksQuestions
        ? "the texts \"question\" and \"context\""
        : "a text by the name of \"text\"";
  }

  private InvalidSettings wrong(String what) {
    return new InvalidSettings("Line " + number + " of standard input " + what + ".");
  }
}
