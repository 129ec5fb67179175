package dev.counterpoint.tasks.questionanswering;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Questions in the JSON of SQuAD (Rajpurkar et al. 2016 and 2018), version 1.1 or 2. */
final class SquadFile {
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final Path file;
  private final List<Question> questions = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  private SquadFile(Path file) {
    this.file = file;
  }

  /**
   * Reads all questions.
   *
   * @throws InvalidSettings where the file is not such JSON, or a list, a text, a question, its id
   *     or its answers are missing, or an id comes twice, or an answer does not stand where it is
   *     said to, naming the article or the question
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
    for (int i = 0; i < data.size(); i++) {
      String title = data.get(i).path("title").asText("");
      String article = file + ", article " + (title.isEmpty() ? i + 1 : "\"" + title + "\"");
      JsonNode paragraphs = list(data.get(i), "paragraphs", article);
      for (int j = 0; j < paragraphs.size(); j++) {
        paragraph(paragraphs.get(j), article + ", paragraph " + (j + 1));
      }
    }
    if (questions.isEmpty()) {
      throw new InvalidSettings(file + " has no questions.");
    }
  }

  private JsonNode parse() throws IOException {
    try {
      return STRICT.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new InvalidSettings(
          file
              + (e.getLocation() == null ? "" : " line " + e.getLocation().getLineNr())
              + " is not JSON: "
              + e.getOriginalMessage());
    }
  }

  private void paragraph(JsonNode paragraph, String where) {
    JsonNode asked = list(paragraph, "qas", where);
    for (int i = 0; i < asked.size(); i++) {
      String id = text(asked.get(i), "id", where + ", question " + (i + 1));
      if (!ids.add(id)) {
        throw new InvalidSettings(
            where(id) + " is in the file twice; each needs an id of its own.");
      }
      questions.add(question(id, asked.get(i), text(paragraph, "context", where(id))));
    }
  }

  private Question question(String id, JsonNode asked, String context) {
    List<Question.Answer> answers = new ArrayList<>();
    if (!isImpossible(id, asked)) {
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
    return new Question(id, text(asked, "question", where(id)), context, answers);
  }

  private boolean isImpossible(String id, JsonNode asked) {
    JsonNode said = asked.path("is_impossible");
    if (!said.isBoolean() && !said.isMissingNode()) {
      throw new InvalidSettings(
          where(id) + " has \"is_impossible\": " + said + "; it must be true or false.");
    }
    return said.asBoolean(false);
  }

  private static JsonNode list(JsonNode node, String key, String where) {
    if (!node.path(key).isArray()) {
      throw new InvalidSettings(where + " has no list \"" + key + "\".");
    }
    return node.path(key);
  }

  private static String text(JsonNode node, String key, String where) {
    if (!node.path(key).isTextual()) {
      throw new InvalidSettings(where + " has no text \"" + key + "\".");
    }
    String text = node.path(key).textValue();
    if (Surrogates.areUnpairedIn(text)) {
      throw new InvalidSettings(
          where + " has half of a surrogate pair in \"" + key + "\", which is no character.");
    }
    return text;
  }

  private String where(String id) {
    return file + ", question " + id;
  }

  private Question.Answer answer(String id, JsonNode node, String context) {
    String text = text(node, "text", where(id) + ", an answer");
    JsonNode start = node.path("answer_start");
    if (!start.isIntegralNumber()) {
      throw new InvalidSettings(
          where(id)
              + ": the answer \""
              + text
              + "\" has no whole number \"answer_start\""
              + (start.isMissingNode() ? "." : ", but " + start + "."));
    }
    int length = context.codePointCount(0, context.length());
    int last = length - text.codePointCount(0, text.length());
    boolean inside = start.canConvertToInt() && start.intValue() >= 0 && start.intValue() <= last;
    Question.Answer answer = new Question.Answer(text, inside ? start.intValue() : 0);
    String there =
        inside ? new Question(id, "", context, List.of()).part(answer.start(), answer.end()) : "";
    if (text.isEmpty() || !there.equals(text)) {
      throw new InvalidSettings(
          where(id)
              + ": the answer \""
              + text
              + "\" does not stand at "
              + start
              + (inside
                  ? ", where the text has \"" + there + "\"."
                  : ", in a text of " + length + " characters."));
    }
    return answer;
  }
}
