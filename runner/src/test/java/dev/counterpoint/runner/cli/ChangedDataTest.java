package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is started again over other data is refused with the split that has changed. */
final class ChangedDataTest {
  private static final String BEFORE = "the data has changed since its checkpoint was saved, in ";

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void questionsThatHaveChangedAreNamedByTheirSplit() throws IOException {
    write("train.json", questions("red", "blue"));
    write("dev.json", questions("green"));
    train(
        """
        name: small
        device: cpu
        model:
          type: bert
          task: question-answering
          architecture: {width: 8, layers: 1, heads: 1, intermediate: 8, maxLength: 32}
        data:
          type: question-answering
          train: {path: train.json}
          validation: {path: dev.json}
          stride: 8
          tokenizer: {minimumCount: 1, frame: true}
        training: {epochs: 1, batchSize: 4, optimizer: {type: adamw, learningRate: 0.01}}
        """);
    write("dev.json", questions("white"));

    assertRefusedBecauseOf("validation");
  }

  @Test
  void aTextThatHasChangedIsNamedByItsSplit() throws IOException {
    write("train.txt", "abcdefgh".repeat(20));
    train(
        """
        name: small
        device: cpu
        model:
          type: gpt2
          architecture: {width: 8, layers: 1, heads: 1, maxLength: 8}
        data: {type: text-generation, train: {path: train.txt}}
        training: {epochs: 1, batchSize: 4, optimizer: {type: adamw, learningRate: 0.01}}
        """);
    write("train.txt", "abcdefgh".repeat(19) + "hgf");

    assertRefusedBecauseOf("train");
  }

  private static String questions(String... colours) {
    StringBuilder paragraphs = new StringBuilder();
    for (String colour : colours) {
      paragraphs.append(paragraphs.isEmpty() ? "" : ",");
      paragraphs.append(
          """
          {"context": "The door is %1$s and old.", "qas": [{"id": "%1$s", "question": "Which?",
            "answers": [{"text": "%1$s", "answer_start": 12}]}]}"""
              .formatted(colour));
    }
    return "{\"data\": [{\"paragraphs\": [" + paragraphs + "]}]}";
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private void train(String runFile) throws IOException {
    write("small.yaml", runFile);
    String file = folder.resolve("small.yaml").toString();
    assertThat(terminal.run("train", file, "--output", folder.resolve("run").toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);
  }

  private void assertRefusedBecauseOf(String split) {
    assertThat(terminal.run("train", folder.resolve("run").toString()))
        .isEqualTo(ExitCode.REQUEST_WRONG);
    assertThat(terminal.err()).contains(BEFORE + split + ". Restore the data");
  }
}
