package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.tasks.table.DuckDb;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code check ledger} agrees with the examples that a data source has recorded. */
@Timeout(300)
final class LedgerTest {
  /** Writes the examples of each micro-batch to a file of its process. */
  private static final String RECORDER =
      """
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import dev.counterpoint.tasks.textclassification.TextClassification;
      import java.io.*;
      import java.nio.file.*;
      import java.util.*;

      public record Recorder(String log) implements DataSource {
        public DataSplits open(DataContext context) throws IOException {
          DataSplits data = TextClassification.of("train.tsv", "other.tsv").open(context);
          Map<String, Dataset> splits = new HashMap<>(data.splits());
          splits.put("train", new Recorded(data.train(), Path.of(log)));
          return DataSplits.of(data.spec(), splits, data.metrics(), data.fingerprint());
        }

        record Recorded(Dataset data, Path log)
            implements Dataset.OfVariableLength, Dataset.Traceable {
          public long size() {
            return data.size();
          }

          public int length(long index) {
            return ((Dataset.OfVariableLength) data).length(index);
          }

          public String origin(long index) {
            return ((Dataset.Traceable) data).origin(index);
          }

          public HostBatch collate(long[] indices) {
            try {
              Files.writeString(
                  log.resolve("log-" + ProcessHandle.current().pid()),
                  Arrays.toString(indices) + "\\n",
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return data.collate(indices);
          }
        }
      }
      """;

  private static final int ROWS = 12;

  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "true, 4, 1",
    "false, 4, 1",
    "true, 3, 1",
    "false, 1, 1",
    "true, 1, 2",
  })
  void theStepsOfEveryRecordAreThoseThatTrainingUsed(
      boolean groupByLength, int microBatch, int workers) throws IOException {
    Files.writeString(folder.resolve("Recorder.java"), RECORDER);
    small.edit(
        "small.yaml",
        "data: {type: text-classification, train: {path: train.tsv}, validation: {path: other.tsv}}",
        "classpath: [Recorder.java]\ndata: {type: Recorder, log: " + folder + "}");
    small.edit(
        "small.yaml",
        "epochs: 2, batchSize: 4, groupByLength: true",
        "epochs: 3, batchSize: 5, microBatchSize: %s, groupByLength: %s"
            .formatted(microBatch, groupByLength));
    if (workers > 1) {
      small.train("--set", "strategy={type: distributed, workers: " + workers + "}");
    } else {
      small.train();
    }
    TreeMap<Long, Set<Long>> truth = recorded(microBatch, workers);
    assertThat(truth).hasSize(ROWS);

    for (long row = 0; row < ROWS; row++) {
      JsonNode json = json(folder.resolve("train.tsv") + ":" + (row + 2));
      Set<Long> steps = new TreeSet<>();
      json.path("steps").forEach(step -> steps.add(step.asLong()));
      assertThat(steps).as("row " + row).isEqualTo(truth.get(row)).hasSize(3);
    }
  }

  /** The steps of each row, from the order in which the processes have read micro-batches. */
  private TreeMap<Long, Set<Long>> recorded(int microBatch, int workers) throws IOException {
    TreeMap<Long, Set<Long>> steps = new TreeMap<>();
    int[] examples = {5, 5, 2}; // of the steps of an epoch
    List<Path> logs =
        FolderEntries.of(folder).stream()
            .filter(file -> file.getFileName().toString().startsWith("log-"))
            .toList();
    assertThat(logs).hasSize(workers);
    for (Path log : logs) {
      List<long[]> read = new ArrayList<>();
      for (String line : Files.readAllLines(log)) {
        read.add(
            Arrays.stream(line.replaceAll("[\\[\\] ]", "").split(","))
                .mapToLong(Long::parseLong)
                .toArray());
      }
      // The first rank has the larger part of five examples.
      boolean isFirst = workers == 1 || read.size() == 3 * (3 + 3 + 1);
      int position = 0;
      for (int step = 0; step < 9; step++) {
        int own = workers == 1 ? examples[step % 3] : (examples[step % 3] + (isFirst ? 1 : 0)) / 2;
        for (int left = own; left > 0; left -= microBatch) {
          for (long row : read.get(position++)) {
            steps.computeIfAbsent(row, it -> new TreeSet<>()).add(step + 1L);
          }
        }
      }
      assertThat(position).isEqualTo(read.size());
    }
    return steps;
  }

  @Test
  void checkpointsAndModelBeforeTheFirstUseHaveNotSeenARecord() throws IOException {
    small.train();
    boolean someUnseen = false;
    for (int line = 2; line < ROWS + 2; line++) {
      JsonNode json = json("train.tsv:" + line);
      long first = json.path("steps").path(0).asLong();
      assertThat(json.path("steps")).hasSize(2);
      for (int step : List.of(2, 4, 6)) {
        boolean seen =
            json.path("trainedWithRecord").path("checkpoints/step-0000000" + step).asBoolean();
        assertThat(seen).isEqualTo(step >= first);
        someUnseen |= !seen;
      }
      assertThat(json.path("trainedWithRecord").has("model")).isTrue();
      assertThat(json.path("notVerified")).isEmpty();
    }
    assertThat(someUnseen).isTrue();
  }

  @Test
  void theModelOfAnotherStepIsRecognizedAndThatOfAnotherRunIsNotVerified() throws IOException {
    small.train();
    Path model = small.run().resolve("model/model.safetensors");
    Files.copy(
        small.run().resolve("checkpoints/step-00000002/model.safetensors"),
        model,
        StandardCopyOption.REPLACE_EXISTING);
    for (int line = 2; line < ROWS + 2; line++) {
      JsonNode json = json("train.tsv:" + line);
      assertThat(json.path("notVerified")).isEmpty();
      assertThat(json.path("trainedWithRecord").path("model").asBoolean())
          .isEqualTo(json.path("steps").path(0).asLong() <= 2);
    }
    byte[] bytes = Files.readAllBytes(model);
    bytes[bytes.length - 1] ^= 1;
    Files.write(model, bytes);

    assertThat(json("train.tsv:2").path("notVerified").toString()).isEqualTo("[\"model\"]");
  }

  @Test
  void theModelThatTheRunStartedFromIsNamed() throws IOException {
    small.train();
    Path first = Files.move(small.run(), small.folder().resolve("first"));
    small.train("--set", "model={type: trained, from: " + first + "}");

    assertThat(json("train.tsv:2").path("startedFrom").asText()).startsWith(first.toString());
  }

  @Test
  void withoutAHistoryNothingIsVerifiedAndARenamedCheckpointHasItsOwnStep() throws IOException {
    small.train();
    Path checkpoints = small.run().resolve("checkpoints");
    Files.move(checkpoints.resolve("step-00000006"), checkpoints.resolve("step-00000001"));
    Terminal terminal = new Terminal();
    assertThat(terminal.run("check", "ledger", small.path(), "--record", "train.tsv:2"))
        .isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step-00000001");
    Files.delete(small.run().resolve("history.jsonl"));

    JsonNode json = json("train.tsv:2");
    assertThat(json.path("trainedWithRecord").path("checkpoints/step-00000001").asBoolean())
        .isTrue();
    assertThat(json.path("notVerified").toString())
        .contains("checkpoints/step-00000001", "checkpoints/best", "model");
  }

  @Test
  void onlyTheStepsThatAreDoneCount() throws IOException {
    small.train("--until", "1");
    long used = 0;
    for (int line = 2; line < ROWS + 2; line++) {
      used += json("train.tsv:" + line).path("steps").size();
    }

    assertThat(used).isEqualTo(4);
  }

  @Test
  void lineOfAnotherFileOrWithoutARecordIsRefused() throws IOException {
    small.train();

    assertRefused("other.tsv:2", "train.tsv");
    assertRefused("train.tsv:1", "train.tsv line 2");
    assertRefused("train.tsv:14", "train.tsv line 2");
    assertRefused("missing.tsv:2", "missing.tsv");
    assertRefused("train.tsv", "FILE:LINE");
  }

  @Test
  void changedDataAndSettingsAreRefused() throws IOException {
    small.train();
    small.edit("run/run.yaml", "seed: 17", "seed: 18");
    assertRefused("train.tsv:2", "seed");
    small.edit("run/run.yaml", "seed: 18", "seed: 17");
    small.edit("train.tsv", "\tbad", "\tgood");
    assertRefused("train.tsv:2", "train");
  }

  @Test
  void changedSettingsAreRefusedWithoutCheckpoints() throws IOException {
    small.train();
    new LocalDisk().delete(small.run().resolve("checkpoints"));
    assertThat(json("train.tsv:2").path("steps")).hasSize(2);
    small.edit("run/run.yaml", "batchSize: 4", "batchSize: 3");
    assertRefused("train.tsv:2", "training.batchSize");
  }

  @Test
  void moreStepsThanTheRunCanHaveAreRefused() throws IOException {
    small.train();
    small.edit("run/summary.json", "\"steps\" : 6", "\"steps\" : 9000000000000000000");

    assertRefused("train.tsv:2", "9000000000000000000");
  }

  @Test
  void generatedTextHasNoRecords() throws IOException {
    Files.writeString(folder.resolve("train.txt"), "abcdefgh".repeat(20));
    Files.writeString(
        folder.resolve("small.yaml"),
        """
        name: small
        device: cpu
        model: {type: gpt2, architecture: {width: 8, layers: 1, heads: 1, maxLength: 8}}
        data: {type: text-generation, train: {path: train.txt}}
        training: {epochs: 1, batchSize: 4}
        """);
    small.train();

    assertRefused("train.txt:1", "PackedText");
  }

  @Test
  void aQuestionIsNamedByItsId() throws IOException {
    Files.writeString(
        folder.resolve("train.json"),
        """
        {"data": [{"paragraphs": [{"context": "The door is red and old.", "qas": [
          {"id": "a:1", "question": "Which?", "answers": [{"text": "red", "answer_start": 12}]},
          {"id": "b", "question": "Age?", "answers": [{"text": "old", "answer_start": 20}]}]}]}]}
        """);
    Files.writeString(
        folder.resolve("small.yaml"),
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
          stride: 8
          tokenizer: {minimumCount: 1, frame: true}
        training: {epochs: 2, batchSize: 1}
        """);
    small.train();

    assertThat(json("train.json:b").path("steps")).hasSize(2);
    assertThat(json("train.json:a:1").path("steps")).hasSize(2);
    assertRefused("train.json:c", "2 records");
  }

  @Test
  void aRowOfAParquetFileIsNamedByItsNumber() throws IOException {
    Path lines = folder.resolve("rows.jsonl");
    Files.writeString(
        lines, "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n");
    DuckDb.writeParquet(
        lines, Map.of("text", "VARCHAR", "label", "VARCHAR"), folder.resolve("train.parquet"));
    small.edit(
        "small.yaml", "{path: train.tsv}, validation: {path: other.tsv}", "{path: train.parquet}");
    small.edit("small.yaml", "callbacks: [{type: best-model, metric: accuracy}]", "");
    small.train();

    assertThat(json("train.parquet:2").path("steps")).hasSize(2);
    assertRefused("train.parquet:3", "train.parquet row 1");
  }

  @Test
  void aRowOfAQueryIsNamedAsInMessages() throws IOException {
    String query = "SELECT * FROM read_csv('" + folder.resolve("train.tsv") + "')";
    small.edit(
        "small.yaml",
        "{path: train.tsv}",
        "{sql: {url: 'jdbc:duckdb:', query: \"" + query + "\"}}");
    small.train();
    Terminal terminal = new Terminal();
    assertThat(terminal.run("check", "ledger", small.path(), "--record", "1"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    String name = terminal.err().replaceFirst("(?s).*records: (.* row )1\\s*", "$1");

    assertThat(json(name + "2").path("steps")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{images: images.GZ, labels: labels} | images.GZ:2",
        "{path: photos} | photos/cat/a.png"
      })
  void anImageIsNamedByItsNumberOrFile(String train, String record) throws IOException {
    for (String name : List.of("cat/a.png", "dog/b.png")) {
      Files.createDirectories(folder.resolve("photos").resolve(name).resolveSibling(""));
      ImageIO.write(
          new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB),
          "png",
          folder.resolve("photos").resolve(name).toFile());
    }
    try (OutputStream images =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("images.GZ")))) {
      images.write(
          new byte[] {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8});
    }
    Files.write(folder.resolve("labels"), new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 0, 1});
    Files.writeString(
        folder.resolve("small.yaml"),
        """
        name: small
        device: cpu
        model: {type: convnet, widths: [2], convolutions: 1, groups: 1}
        data: {type: image-classification, train: %s, size: 2}
        training: {epochs: 2, batchSize: 1}
        """
            .formatted(train));
    small.train();

    assertThat(json(record).path("steps")).hasSize(2);
  }

  private JsonNode json(String record) throws IOException {
    Terminal terminal = new Terminal();
    assertThat(terminal.run("check", "ledger", small.path(), "--json", "--record", record))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return new JsonMapper().readTree(terminal.out());
  }

  private void assertRefused(String record, String cause) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run("check", "ledger", small.path(), "--record", record))
        .as(terminal.out())
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(cause);
  }
}
