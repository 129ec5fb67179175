package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resuming a run whose data has changed is rejected with the name of the changed split. */
final class ChangedDataTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void changedQuestionsAreReportedBySplit() throws IOException {
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

    assertRejectedBecauseOf("validation");
  }

  @Test
  void changedTextIsReportedBySplit() throws IOException {
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

    assertRejectedBecauseOf("train");
  }

  /** A word that only the training data has moves the ids of a new vocabulary. */
  @Test
  void aModelIsEvaluatedWithItsOwnVocabulary() throws IOException {
    String texts = "text\tlabel\n" + "a good film\tpos\nthe bad play\tneg\n".repeat(8);
    write("train.tsv", texts);
    write("dev.tsv", texts);
    train(
        """
        name: small
        device: cpu
        model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 8}
        data:
          type: text-classification
          train: {path: train.tsv}
          validation: {path: dev.tsv}
          tokenizer: {minimumCount: 1}
        training: {epochs: 2, batchSize: 4, optimizer: {type: adamw, learningRate: 0.01}}
        """);
    String before = evaluated();
    write("train.tsv", texts + "a a a new word\tpos\nplay play\tneg\n");

    assertThat(evaluated()).isEqualTo(before);
  }

  /** Statistics of a column change its scaling; a new category moves the ids of the others. */
  @Test
  void aTableIsEvaluatedWithTheStatisticsOfTheModel() throws IOException {
    String rows = "a,c,y\n" + "1,red,no\n2,blue,yes\n3,red,no\n4,blue,yes\n".repeat(6);
    write("train.csv", rows);
    write("dev.csv", rows);
    train(
        """
        name: small
        device: cpu
        model: {type: mlp, width: 8, layers: 1}
        data:
          type: tabular
          train: {path: train.csv}
          validation: {path: dev.csv}
          target: y
        training: {epochs: 2, batchSize: 4, optimizer: {type: adamw, learningRate: 0.01}}
        """);
    String before = evaluated();
    write("train.csv", rows + "99,azure,no\n99,azure,yes\n");

    assertThat(evaluated()).isEqualTo(before);
  }

  private String evaluated() {
    Terminal evaluating = new Terminal();
    assertThat(evaluating.run("evaluate", folder.resolve("run").toString(), "--json"))
        .as(evaluating.err())
        .isEqualTo(ExitCode.SUCCESS);
    return evaluating.out();
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
        .isEqualTo(ExitCode.SUCCESS);
  }

  private void assertRejectedBecauseOf(String split) {
    Terminal resumed = new Terminal();
    assertThat(resumed.run("train", folder.resolve("run").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(resumed.err().lines().filter(line -> line.startsWith(Failures.PREFIX)))
        .singleElement()
        .asString()
        .containsPattern("data .*\\b" + split + "\\b")
        .doesNotContainPattern("\\b" + (split.equals("train") ? "validation" : "train") + "\\b");
  }
}
