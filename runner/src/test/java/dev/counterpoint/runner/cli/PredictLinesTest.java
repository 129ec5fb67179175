package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictLinesTest {
  private final List<List<PredictRequest>> batches = new ArrayList<>();

  @Test
  void aLineIsATextAnEmptyOneToo() throws IOException {
    read("one\n\ntwo\n", false, false, null);

    assertThat(batches)
        .containsExactly(
            List.of(
                new PredictRequest("one", null, null),
                new PredictRequest("", null, null),
                new PredictRequest("two", null, null)));
  }

  @Test
  void aJsonLineIsAnObjectWhoseIdIsKeptAndABlankOneIsPassedOver() throws IOException {
    read("{\"id\": 7, \"text\": \"one\"}\n \n{\"text\": \"\", \"more\": []}\n", true, false, null);

    assertThat(batches)
        .containsExactly(
            List.of(
                new PredictRequest("one", null, new IntNode(7)),
                new PredictRequest("", null, null)));
  }

  @Test
  void aQuestionStandsInTheLineOrIsTheSameForAll() throws IOException {
    read(
        "{\"question\": \"Who?\", \"context\": \"She.\"}\n{\"text\": \"He.\"}\n",
        true,
        true,
        "Which?");

    assertThat(batches)
        .containsExactly(
            List.of(
                new PredictRequest("She.", "Who?", null),
                new PredictRequest("He.", "Which?", null)));
  }

  @Test
  void aLineThatIsNoUtf8IsRefusedAfterThoseBefore() {
    byte[] bytes = "good é 😀\nbad ?\n".getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xE9; // é in Latin-1
    PredictLines lines =
        new PredictLines(PredictLines.decoded(new ByteArrayInputStream(bytes)), false, false, null);

    assertThatThrownBy(() -> lines.read(batches::add))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Line 2 of standard input is not UTF-8 text.");
    assertThat(batches).containsExactly(List.of(new PredictRequest("good é 😀", null, null)));
  }

  @Test
  void manyLinesAreHandedOverInBatches() throws IOException {
    read("line\n".repeat(100), false, false, null);

    assertThat(batches).extracting(List::size).containsExactly(32, 32, 32, 4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"text": 3}       | has at "text" a number; it needs a text by the name of "text".
          {"review": "x"}   | has no "text"; it needs a text by the name of "text".
          ["x"]             | is a list; it must be a JSON object with a text by the name of "text".
          "x"               | is a text; it must be a JSON object with a text by the name of "text".
          plain             | is not JSON
          {"text": "a"} {}  | is not JSON
          {"text": "a       | is not JSON
          {"text": "\\ud800"}           | has at "text" half of a surrogate pair
          {"text": "a", "id": "\\udc00"} | has at "id" half of a surrogate pair
          {"text": "a", "id": [{"x": "\\ud83d"}]} | has at "id" half of a surrogate pair
          """)
  void aLineThatIsNotSuchAnObjectIsNamedAfterThoseBeforeItAreAnswered(String line, String message) {
    assertThatThrownBy(() -> read("{\"text\": \"one\"}\n" + line + "\n", true, false, null))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Line 2 of standard input ")
        .hasMessageContaining(message);
    assertThat(batches).containsExactly(List.of(new PredictRequest("one", null, null)));
  }

  @Test
  void halfOfAPairInAQuestionOrItsTextIsRefused() {
    for (String line :
        List.of(
            "{\"question\": \"\\ud800\", \"context\": \"x\"}",
            "{\"question\": \"x\", \"context\": \"\\udc00 y\"}")) {
      assertThatThrownBy(() -> read(line, true, true, null))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("Line 1 of standard input has at")
          .hasMessageContaining("half of a surrogate pair");
    }
  }

  @Test
  void aQuestionWithoutATextIsRefused() {
    assertThatThrownBy(() -> read("\n", false, true, "Who?"))
        .hasMessage(
            "Line 1 of standard input has an empty question or an empty text; an answer needs both.");
    assertThatThrownBy(() -> read("{\"context\": \"x\"}", true, true, null))
        .hasMessageContaining("has no \"question\"");
  }

  private void read(String text, boolean json, boolean asksQuestions, @Nullable String question)
      throws IOException {
    new PredictLines(new BufferedReader(new StringReader(text)), json, asksQuestions, question)
        .read(batches::add);
  }
}
