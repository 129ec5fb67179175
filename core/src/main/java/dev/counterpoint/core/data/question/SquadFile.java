package dev.counterpoint.core.data.question;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.data.text.Surrogates;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Questions in the JSON of SQuAD (Rajpurkar et al. 2016 and 2018), version 1.1 or 2. */
final class SquadFile {
  private final Path file;
  private final List<Question> questions = new ArrayList<>();

  private SquadFile(Path file) {
    this.file = file;
  }

  /**
   * Reads all questions.
   *
   * @throws InvalidSettings where the file is not such JSON, or a text, a question or its answers
   *     are missing, or an answer does not stand where it is said to, naming the question
   */
  static List<Question> read(Path file) throws IOException {
    SquadFile squad = new SquadFile(file);
    squad.readAll();
    return squad.questions;
  }

  private void readAll() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(file + " does not exist.");
    }
    JsonNode data = parse().path("data");
    if (!data.isArray()) {
      throw new InvalidSettings(
          file + " has no list \"data\", so it is no file of questions as SQuAD has them.");
    }
    for (JsonNode article : data) {
      for (JsonNode paragraph : article.path("paragraphs")) {
        for (JsonNode asked : paragraph.path("qas")) {
          String id = asked.path("id").asText();
          questions.add(question(id, asked, text(paragraph, "context", id)));
        }
      }
    }
    if (questions.isEmpty()) {
      throw new InvalidSettings(file + " has no questions.");
    }
  }

  private JsonNode parse() throws IOException {
    try {
      return new JsonMapper().readTree(file.toFile());
    } catch (JacksonException e) {
      throw new InvalidSettings(file + " is not JSON: " + e.getOriginalMessage());
    }
  }

  private Question question(String id, JsonNode asked, String context) {
    List<Question.Answer> answers = new ArrayList<>();
    if (!asked.path("is_impossible").asBoolean(false)) {
      if (!asked.path("answers").isArray()) {
        throw new InvalidSettings(
            where(id)
                + " has no list \"answers\". That a text has no answer is said by"
                + " \"is_impossible\": true, or by an empty list.");
      }
      for (JsonNode answer : asked.path("answers")) {
        answers.add(answer(id, answer, context));
      }
    }
    return new Question(id, text(asked, "question", id), context, answers);
  }

  private String text(JsonNode node, String key, String id) {
    if (!node.path(key).isTextual()) {
      throw new InvalidSettings(where(id) + " has no text \"" + key + "\".");
    }
    String text = node.path(key).textValue();
    if (Surrogates.areUnpairedIn(text)) {
      throw new InvalidSettings(
          where(id) + " has half of a surrogate pair in \"" + key + "\", which is no character.");
    }
    return text;
  }

  private String where(String id) {
    return file + ", question " + id;
  }

  private Question.Answer answer(String id, JsonNode node, String context) {
    Question.Answer answer =
        new Question.Answer(node.path("text").asText(), node.path("answer_start").asInt(-1));
    int length = context.codePointCount(0, context.length());
    boolean inside = answer.start() >= 0 && answer.end() <= length;
    String there =
        inside ? new Question(id, "", context, List.of()).part(answer.start(), answer.end()) : "";
    if (answer.text().isEmpty() || !there.equals(answer.text())) {
      throw new InvalidSettings(
          where(id)
              + ": the answer \""
              + answer.text()
              + "\" does not stand at "
              + node.path("answer_start").asText("no place")
              + (inside
                  ? ", where the text has \"" + there + "\"."
                  : ", in a text of " + length + " characters."));
    }
    return answer;
  }
}
