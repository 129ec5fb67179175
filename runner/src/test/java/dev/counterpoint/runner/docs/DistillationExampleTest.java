package dev.counterpoint.runner.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distillation of the page about extending. */
final class DistillationExampleTest {
  private static final String RUN_FILE =
      """
      name: student
      device: cpu
      classpath: [Distillation.java]
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 16, dropout: 0.1}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: train.tsv}}
      loss: {type: Distillation, teacher: TEACHER, temperature: 2.0, share: 0.7}
      training: {epochs: 2, batchSize: 4}
      checkpoint: {everySteps: 2}
      """;

  @TempDir private static Path folder;
  private static Path teacher;

  @BeforeAll
  static void trainTheTeacher() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < 12; i++) {
      rows.append("word ".repeat(i % 5 + 1)).append(i).append(i % 2 == 0 ? "\tgood\n" : "\tbad\n");
    }
    Files.writeString(folder.resolve("train.tsv"), rows);
    for (MarkdownPage page : MarkdownPage.all()) {
      for (MarkdownPage.Block block : page.blocks()) {
        if (block.fileName().orElse("").equals("Distillation.java")) {
          Files.writeString(folder.resolve("Distillation.java"), block.content());
        }
      }
    }
    teacher = folder.resolve("teacher");
    Files.writeString(
        folder.resolve("student.yaml"), RUN_FILE.replace("TEACHER", teacher.toString()));
    Files.writeString(
        folder.resolve("teacher.yaml"),
        RUN_FILE.replaceAll("(?m)^(loss|classpath).*\n", "").replace("width: 8", "width: 16"));
    command("train", "teacher.yaml", "--output", teacher.toString());
  }

  private static Terminal command(String command, String file, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command, folder.resolve(file).toString()));
    arguments.addAll(List.of(options));
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  private static String train(String run, String... options) throws IOException {
    Path output = folder.resolve(run);
    command(
        "train",
        "student.yaml",
        Stream.concat(Stream.of("--output", output.toString()), Stream.of(options))
            .toArray(String[]::new));
    return hash(run);
  }

  private static String hash(String run) throws IOException {
    return AtomicFile.readJson(folder.resolve(run).resolve("summary.json"))
        .path("modelHash")
        .asText();
  }

  @Test
  void theTeacherIsRecordedLikeData() throws IOException {
    train("recorded");

    assertThat(
            AtomicFile.readJson(folder.resolve("recorded/provenance.json"))
                .path("files")
                .fieldNames())
        .toIterable()
        .anyMatch(key -> key.startsWith("loss.teacher"));
  }

  private static double[] softmax(float[] logits, double temperature) {
    double sum = 0;
    double[] exponentials = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] = Math.exp(logits[i] / temperature);
      sum += exponentials[i];
    }
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] /= sum;
    }
    return exponentials;
  }

  @Test
  void theLossIsTheWeightedSumOfBothCrossEntropies() throws Exception {
    float[] student = {0.5f, -1};
    try (SourcePath code = SourcePath.open(List.of(folder.resolve("Distillation.java")));
        BaseModel model = ModelFolder.open(teacher, Device.cpu());
        Batch batch =
            new Batch(
                HostBatch.of(
                    1,
                    Map.of(
                        Batch.IDS,
                        HostTensor.of(new long[] {1, 2}, 1, 2),
                        Batch.MASK,
                        HostTensor.of(new float[] {1, 1}, 1, 2),
                        Batch.LABELS,
                        HostTensor.of(new long[] {1}, 1))),
                Device.cpu());
        ForwardScope scope = ForwardScope.record(1)) {
      Loss loss =
          (Loss)
              code.find("Distillation")
                  .orElseThrow()
                  .getConstructor(String.class, double.class, double.class)
                  .newInstance(teacher.toString(), 2.0, 0.7);
      NDArray logits = batch.mask().getManager().create(student).reshape(1, 2);
      LossSum sum = loss.of(logits, batch);
      double[] taught = softmax(model.forward(batch).toFloatArray(), 2);
      double[] softened = softmax(student, 2);
      double soft = -taught[0] * Math.log(softened[0]) - taught[1] * Math.log(softened[1]);

      assertThat(scope).isNotNull();
      assertThat(sum.weight()).isEqualTo(1);
      assertThat(sum.total())
          .isCloseTo(0.7 * 4 * soft - 0.3 * Math.log(softmax(student, 1)[1]), within(1e-5));
    }
  }

  @Test
  void aTeacherWithOtherLabelsIsRejected() throws IOException {
    String rows = Files.readString(folder.resolve("train.tsv"));
    Files.writeString(folder.resolve("other.tsv"), rows.replace("\tbad", "\tpoor"));
    String student = Files.readString(folder.resolve("student.yaml"));
    Path other = folder.resolve("other.yaml");
    Files.writeString(other, student.replace("train.tsv", "other.tsv"));
    Path output = folder.resolve("other");
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", other.toString(), "--output", output.toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("[bad, good]", "[good, poor]");
    assertThat(output).doesNotExist();
  }

  @Test
  void theTeacherIsFrozen() throws IOException {
    try (BaseModel model = ModelFolder.open(teacher, Device.cpu())) {
      assertThat(model.parameters()).noneMatch(Parameter::trainable);
    }
  }

  @Test
  void aResumedStudentHasTheSameBits() throws IOException {
    String whole = train("whole");
    train("resumed", "--until", "3");
    command("train", "resumed");

    assertThat(hash("resumed")).isEqualTo(whole);
  }

  @Test
  void theGradientDoesNotDependOnMicroBatchesAndRanks() {
    Terminal terminal = new Terminal();
    String file = folder.resolve("student.yaml").toString();

    assertThat(terminal.run("check", "equivalence", file))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }
}
