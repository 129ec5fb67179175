package dev.counterpoint.tasks.tokenclassification;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.targets.LabelNumbers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the sentences of a file: JSON lines, if its name ends with {@code .jsonl} or {@code .json},
 * otherwise CoNLL columns; each also with {@code .gz} or {@code .zst}.
 *
 * @param wordColumn the column of the words, counted from 1
 * @param tagColumn the column of the tags; null for the last column
 */
record SentenceFile(SourceFile file, int wordColumn, @Nullable Integer tagColumn) {
  private static final JsonMapper STRICT =
      Json.forData().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final List<String> TAGS = List.of("tags", "ner_tags");

  /**
   * Reads all sentences.
   *
   * @throws InvalidSettings if the file does not exist, has no sentence or an invalid line
   */
  List<Sentence> read() throws IOException {
    file.requireReadable(true);
    List<Sentence> sentences = new ArrayList<>();
    boolean isJson = file.isJson();
    file.readText(
        text -> {
          if (isJson) {
            readJson(text, sentences);
          } else {
            readColumns(text, sentences);
          }
        });
    if (sentences.isEmpty()) {
      throw new InvalidSettings("%s has no sentences.", file.path());
    }
    return sentences;
  }

  private void readColumns(Reader text, List<Sentence> sentences) throws IOException {
    BufferedReader lines = new BufferedReader(text);
    List<String> words = new ArrayList<>();
    List<String> tags = new ArrayList<>();
    long number = 0;
    int count = 0; // columns of the first line
    String line;
    do {
      line = lines.readLine();
      number++;
      if (line == null || line.isBlank() || line.startsWith("-DOCSTART-")) {
        if (!words.isEmpty()) {
          sentences.add(new Sentence(file, words, tags, number - words.size(), true));
          words.clear();
          tags.clear();
        }
      } else {
        String[] columns = line.contains("\t") ? line.split("\t") : line.strip().split("\\s+");
        count = count == 0 ? columns.length : count;
        if (tagColumn == null && columns.length != count) {
          throw file.invalidLine(
              number,
              "has %s columns, but the first line has %s: %s; the tag is in the last one unless data.tagColumn is set."
                  .formatted(columns.length, count, Excerpt.of(line)));
        }
        words.add(column(columns, wordColumn, number));
        String tag = column(columns, tagColumn == null ? columns.length : tagColumn, number);
        tags.add(LabelNumbers.requireShort(tag, file::origin, number));
      }
    } while (line != null);
  }

  private String column(String[] columns, int column, long number) {
    if (columns.length < 2 || column > columns.length || columns[column - 1].isBlank()) {
      throw file.invalidLine(
          number,
          "has no value in column %s: %s; each line needs a word and its tag."
              .formatted(Math.max(column, 2), Excerpt.of(String.join("\t", columns))));
    }
    return columns[column - 1].strip();
  }

  private void readJson(Reader text, List<Sentence> sentences) throws IOException {
    BufferedReader lines = new BufferedReader(text);
    long number = 1;
    for (String line = lines.readLine(); line != null; line = lines.readLine(), number++) {
      if (!line.isBlank()) {
        Sentence sentence = sentence(line, number);
        if (!sentence.words().isEmpty()) {
          sentences.add(sentence);
        }
      }
    }
  }

  private Sentence sentence(String line, long number) {
    JsonNode object;
    try {
      object = STRICT.readTree(line);
    } catch (JacksonException e) {
      throw file.invalidLine(number, "is not JSON: " + Json.problem(e) + ".");
    }
    List<String> words = texts(object, "tokens", number);
    List<String> tags = texts(object, object.has(TAGS.get(0)) ? "tags" : "ner_tags", number);
    tags.forEach(tag -> LabelNumbers.requireShort(tag, file::origin, number));
    if (words.size() != tags.size() || words.stream().anyMatch(String::isBlank)) {
      throw file.invalidLine(
          number,
          "has %s tokens and %s tags; each token needs a text and a tag."
              .formatted(words.size(), tags.size()));
    }
    return new Sentence(file, words, tags, number, false);
  }

  private List<String> texts(JsonNode object, String key, long number) {
    JsonNode list = object.path(key);
    if (!list.isArray() || !list.valueStream().allMatch(JsonNode::isTextual)) {
      throw file.invalidLine(
          number,
          "needs a list of texts at \"%s\", such as {\"tokens\": [\"Rome\"], \"tags\": [\"B-city\"]}."
              .formatted(key));
    }
    List<String> texts = list.valueStream().map(JsonNode::textValue).toList();
    if (texts.stream().anyMatch(Surrogates::areUnpairedIn)) {
      throw file.invalidLine(number, "has an unpaired surrogate at \"%s\".".formatted(key));
    }
    return texts;
  }
}
