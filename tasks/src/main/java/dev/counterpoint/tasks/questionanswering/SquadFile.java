package dev.counterpoint.tasks.questionanswering;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reader for SQuAD JSON files (Rajpurkar et al. 2016 and 2018), version 1.1 or 2.0. */
final class SquadFile {
  private static final JsonMapper STRICT =
      Json.forData().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final Path file;
  private final List<Question> questions = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  private SquadFile(Path file) {
    this.file = file;
  }

  /**
   * Reads all questions.
   *
   * @throws InvalidSettings if the file is not valid JSON, an array, context, question, id or
   *     answers are missing, an id occurs twice, or an answer is not at its stated position; the
   *     message names the article or the question
   */
  static List<Question> read(Path file) throws IOException {
    SquadFile squad = new SquadFile(file);
    squad.readAll();
    return squad.questions;
  }

  private void readAll() throws IOException {
    FileAccess.requireAccess(file);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("%s does not exist.", file);
    }
    JsonNode data = parse().path("data");
    if (!data.isArray()) {
      throw new InvalidSettings("%s has no array \"data\"; expected a file in SQuAD format.", file);
    }
    for (int i = 0; i < data.size(); i++) {
      String title = data.get(i).path("title").asText("");
      String article =
          file + ", article " + (title.isEmpty() ? i + 1 : "\"" + Excerpt.ofItem(title) + "\"");
      JsonNode paragraphs = list(data.get(i), "paragraphs", article);
      for (int j = 0; j < paragraphs.size(); j++) {
        paragraph(paragraphs.get(j), article + ", paragraph " + (j + 1));
      }
    }
    if (questions.isEmpty()) {
      throw new InvalidSettings("%s has no questions.", file);
    }
  }

  private JsonNode parse() throws IOException {
    try {
      return STRICT.readTree(file.toFile());
    } catch (JacksonException e) {
      Utf8File.read(file); // reports a wrong encoding
      throw new InvalidSettings(
          file
              + (e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr())
              + " is not JSON: "
              + Json.problem(e));
    }
  }

  private void paragraph(JsonNode paragraph, String location) {
    JsonNode questionNodes = list(paragraph, "qas", location);
    for (int i = 0; i < questionNodes.size(); i++) {
      String id = text(questionNodes.get(i), "id", location + ", question " + (i + 1));
      if (!ids.add(id)) {
        throw new InvalidSettings("%s occurs twice; question ids must be unique.", location(id));
      }
      questions.add(question(id, questionNodes.get(i), text(paragraph, "context", location(id))));
    }
  }

  private Question question(String id, JsonNode questionNode, String context) {
    List<Question.Answer> answers = new ArrayList<>();
    if (!isImpossible(id, questionNode)) {
      if (!questionNode.path("answers").isArray()) {
        throw new InvalidSettings(
            "%s has no array \"answers\"; mark a question without an answer by \"is_impossible\": true or by an empty array.",
            location(id));
      }
      for (JsonNode answer : questionNode.path("answers")) {
        answers.add(answer(id, answer, context));
      }
    }
    return new Question(id, text(questionNode, "question", location(id)), context, answers);
  }

  private boolean isImpossible(String id, JsonNode questionNode) {
    JsonNode impossible = questionNode.path("is_impossible");
    if (!impossible.isBoolean() && !impossible.isMissingNode()) {
      throw new InvalidSettings(
          "%s has \"is_impossible\": %s; it must be true or false.",
          location(id), Excerpt.of(impossible.toString()));
    }
    return impossible.asBoolean(false);
  }

  private static JsonNode list(JsonNode node, String key, String location) {
    if (!node.path(key).isArray()) {
      throw new InvalidSettings("%s has no array \"%s\".", location, key);
    }
    return node.path(key);
  }

  private static String text(JsonNode node, String key, String location) {
    if (!node.path(key).isTextual()) {
      throw new InvalidSettings("%s has no string \"%s\".", location, key);
    }
    String text = node.path(key).textValue();
    if (Surrogates.areUnpairedIn(text)) {
      throw new InvalidSettings(
          "%s has an unpaired surrogate in \"%s\", which is not a valid character.", location, key);
    }
    return text;
  }

  private String location(String id) {
    return file + ", question " + Excerpt.ofItem(id);
  }

  private Question.Answer answer(String id, JsonNode node, String context) {
    String text = text(node, "text", location(id) + ": an answer");
    JsonNode start = node.path("answer_start");
    if (!start.isIntegralNumber()) {
      throw new InvalidSettings(
          "%s: the answer \"%s\" has no integer \"answer_start\"%s",
          location(id),
          Excerpt.ofItem(text),
          start.isMissingNode() ? "." : "; found " + Excerpt.ofItem(start.toString()) + ".");
    }
    if (text.isEmpty()) {
      throw new InvalidSettings(
          "%s has an empty answer; mark a question without an answer by \"is_impossible\": true or by an empty array.",
          location(id));
    }
    int length = context.codePointCount(0, context.length());
    int last = length - text.codePointCount(0, text.length());
    boolean isInside = start.canConvertToInt() && start.intValue() >= 0 && start.intValue() <= last;
    Question.Answer answer = new Question.Answer(text, isInside ? start.intValue() : 0);
    String actual =
        isInside ? new Question(id, "", context, List.of()).part(answer.start(), answer.end()) : "";
    if (!actual.equals(text)) {
      throw new InvalidSettings(
          "%s: the answer \"%s\" is not at answer_start %s%s",
          location(id),
          Excerpt.ofItem(text),
          Excerpt.ofItem(start.toString()),
          isInside
              ? "; the context has \"" + Excerpt.ofItem(actual) + "\" there."
              : "; the context has " + length + " characters.");
    }
    return answer;
  }
}
