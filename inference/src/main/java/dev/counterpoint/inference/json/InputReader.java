package dev.counterpoint.inference.json;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.tabular.TabularRows;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads and checks the inputs of a model: JSON objects, or plain texts.
 *
 * @param needsQuestion whether the model answers questions
 * @param features the number of features of each input; 0 if inputs are texts
 * @param pairs whether the model reads pairs of texts
 * @param question the question for inputs without one; null if every input must have a question
 * @param table the columns of the rows, if each input is a row of a table
 */
public record InputReader(
    boolean needsQuestion,
    int features,
    boolean pairs,
    @Nullable String question,
    @Nullable TabularRows table) {
  /** Reader of user-supplied JSON. */
  public static final ObjectReader JSON =
      Json.forData().build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * A reader of the inputs of a model.
   *
   * @param question the question for inputs without one; null if there is none
   */
  public static InputReader of(Pipeline pipeline, @Nullable String question) {
    boolean isOwn = pipeline.kind() == Pipeline.Kind.RESULTS; // the task reads any text
    return new InputReader(
        pipeline.kind() == Pipeline.Kind.ANSWERS,
        isOwn ? 0 : pipeline.config().data().features(),
        pipeline.input().text2() != null,
        question,
        pipeline.table().orElse(null));
  }

  /** A reader of texts, for a program without a model. */
  public static InputReader ofTexts() {
    return new InputReader(false, 0, false, null, null);
  }

  /** Whether a plain line is also read as a JSON object: a row of a table. */
  public boolean readsRows() {
    return table != null;
  }

  /**
   * Reads a JSON object.
   *
   * @param origin names the input in messages
   * @throws InvalidSettings if it is not an input of the model
   */
  public ModelInput read(String origin, JsonNode object) {
    if (!object.isObject()) {
      throw invalid(origin, "is " + kind(object) + "; it must be a JSON object with " + required());
    }
    JsonNode id = table != null && table.columns().contains("id") ? null : object.get("id");
    if (id != null) {
      requirePairs(origin, "id", id.toString());
      if (id.isDouble() && !Double.isFinite(id.doubleValue())) {
        throw invalid(origin, "has " + id.asText() + " in \"id\", which is not a JSON number");
      }
    }
    if (table != null) {
      JsonNode row = id == null ? object : ((ObjectNode) object).without("id");
      return checked(origin, new ModelInput(row.toString(), null, id));
    }
    if (features > 0) {
      return checked(origin, new ModelInput(numbers(origin, object), null, id));
    }
    if (pairs) {
      String pair = text(origin, object, "text") + '\t' + text(origin, object, "text2");
      return checked(origin, new ModelInput(pair, null, id));
    }
    if (!needsQuestion) {
      return new ModelInput(text(origin, object, "text"), null, id);
    }
    String own =
        question == null || object.has("question") ? text(origin, object, "question") : question;
    String context = text(origin, object, object.has("context") ? "context" : "text");
    return checked(origin, new ModelInput(context, own, id));
  }

  /** Checks a text, such as a line of standard input, with the shared question. */
  public ModelInput readText(String origin, String text) {
    return checked(origin, new ModelInput(text, question, null));
  }

  /**
   * Checks an input and returns it.
   *
   * @param origin names the input in messages
   * @throws InvalidSettings if it is not an input of the model
   */
  public ModelInput checked(String origin, ModelInput input) {
    input.check(origin, features, pairs, table);
    String asked = input.question();
    if (needsQuestion && (input.text().isBlank() || asked == null || asked.isBlank())) {
      throw invalid(origin, "has an empty question or an empty text; both are required");
    }
    return input;
  }

  private String text(String origin, JsonNode object, String key) {
    JsonNode value = object.path(key);
    if (!value.isTextual()) {
      throw invalid(
          origin,
          (value.isMissingNode()
                  ? "has no \"" + key + "\""
                  : "has " + kind(value) + " at \"" + key + "\"")
              + "; required: "
              + required());
    }
    requirePairs(origin, key, value.textValue());
    return value.textValue();
  }

  private String numbers(String origin, JsonNode object) {
    JsonNode values = object.path("features");
    if (!values.isArray() || !values.valueStream().allMatch(JsonNode::isNumber)) {
      throw invalid(origin, "has no numbers at \"features\"; required: " + required());
    }
    return values.valueStream().map(JsonNode::asText).collect(Collectors.joining(","));
  }

  private static void requirePairs(String origin, String key, String text) {
    if (Surrogates.areUnpairedIn(text)) {
      throw invalid(
          origin, "has an unpaired surrogate at \"" + key + "\", which is not a valid character");
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

  /** Describes what a JSON object must contain. */
  public String required() {
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

  private static InvalidSettings invalid(String origin, String problem) {
    return new InvalidSettings("%s %s.", origin, problem);
  }
}
