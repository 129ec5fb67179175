package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.ModelInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictLinesTest {
  private final List<List<ModelInput>> batches = new ArrayList<>();

  @Test
  void everyLineIsATextEvenIfEmpty() throws IOException {
    read("one\n\ntwo\n", false, false, null);

    assertThat(batches)
        .containsExactly(
            List.of(
                new ModelInput("one", null, null),
                new ModelInput("", null, null),
                new ModelInput("two", null, null)));
  }

  @Test
  void aByteOrderMarkIsNotPartOfTheFirstLine() throws IOException {
    read("\uFEFFone\n\uFEFFtwo\n", false, false, null);

    assertThat(batches)
        .containsExactly(
            List.of(new ModelInput("one", null, null), new ModelInput("\uFEFFtwo", null, null)));
  }

  @Test
  void jsonLineKeepsItsIdAndBlankLinesAreSkipped() throws IOException {
    read("{\"id\": 7, \"text\": \"one\"}\n \n{\"text\": \"\", \"more\": []}\n", true, false, null);

    assertThat(batches)
        .containsExactly(
            List.of(new ModelInput("one", null, new IntNode(7)), new ModelInput("", null, null)));
  }

  @Test
  void questionIsReadFromTheLineOrShared() throws IOException {
    read(
        "{\"question\": \"Who?\", \"context\": \"She.\"}\n{\"text\": \"He.\"}\n",
        true,
        true,
        "Which?");

    assertThat(batches)
        .containsExactly(
            List.of(new ModelInput("She.", "Who?", null), new ModelInput("He.", "Which?", null)));
  }

  @Test
  void invalidUtf8IsRejectedAfterTheLinesBefore() throws IOException {
    byte[] bytes = "good é 😀\nbad ?\n".getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xE9; // é in Latin-1
    PredictLines lines =
        new PredictLines(
            PredictLines.decoded(new ByteArrayInputStream(bytes)), false, InputReader.ofTexts());

    assertThatThrownBy(() -> lines.read(batches::add))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Line 2 of standard input is not UTF-8");
    assertThat(batches).containsExactly(List.of(new ModelInput("good é 😀", null, null)));
  }

  @Test
  void linesArePassedOnInBatches() throws IOException {
    read("line\n".repeat(100), false, false, null);

    assertThat(batches).extracting(List::size).containsExactly(32, 32, 32, 4);
  }

  @Test
  void aBatchThatTheModelRejectsIsPassedOnOnce() throws IOException {
    PredictLines lines =
        new PredictLines(
            PredictLines.decoded(
                new ByteArrayInputStream("line\n".getBytes(StandardCharsets.UTF_8))),
            false,
            InputReader.ofTexts());

    assertThatThrownBy(
            () ->
                lines.read(
                    inputs -> {
                      batches.add(inputs);
                      throw new InvalidSettings("rejected");
                    }))
        .isInstanceOf(InvalidSettings.class);
    assertThat(batches).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"text": 3}       | has a number at "text"
          {"review": "x"}   | has no "text"
          ["x"]             | is a list
          "x"               | is a string
          plain             | is not JSON
          {"text": "a"} {}  | is not JSON
          {"text": "a       | is not JSON
          {"text": "\\ud800"}           | unpaired surrogate at "text"
          {"text": "a", "id": NaN}       | has NaN in "id"
          {"text": "a", "id": "\\udc00"} | unpaired surrogate at "id"
          {"text": "a", "id": [{"x": "\\ud83d"}]} | unpaired surrogate at "id"
          """)
  void invalidJsonLineIsRejectedAfterTheLinesBefore(String line, String message) {
    assertThatThrownBy(() -> read("{\"text\": \"one\"}\n" + line + "\n", true, false, null))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Line 2 of standard input ")
        .hasMessageContaining(message);
    assertThat(batches).containsExactly(List.of(new ModelInput("one", null, null)));
  }

  @Test
  void unpairedSurrogateInQuestionOrContextIsRejected() {
    for (String line :
        List.of(
            "{\"question\": \"\\ud800\", \"context\": \"x\"}",
            "{\"question\": \"x\", \"context\": \"\\udc00 y\"}")) {
      assertThatThrownBy(() -> read(line, true, true, null))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("Line 1 of standard input")
          .hasMessageContaining("unpaired surrogate");
    }
  }

  @Test
  void questionWithoutTextIsRejected() {
    assertThatThrownBy(() -> read("\n", false, true, "Who?"))
        .hasMessageContaining("Line 1 of standard input has an empty question or an empty text");
    assertThatThrownBy(() -> read("{\"context\": \"x\"}", true, true, null))
        .hasMessageContaining("has no \"question\"");
  }

  private void read(String text, boolean json, boolean needsQuestion, @Nullable String question)
      throws IOException {
    new PredictLines(
            PredictLines.decoded(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))),
            json,
            new InputReader(needsQuestion, 0, false, question, null))
        .read(batches::add);
  }
}
