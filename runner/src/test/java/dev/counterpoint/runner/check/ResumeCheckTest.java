package dev.counterpoint.runner.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real training processes, small and slowed down so that they can be killed in time. */
@DisabledOnOs(OS.WINDOWS)
final class ResumeCheckTest {
  private static final String RUN_FILE =
      """
      name: small
      model: {type: transformer, width: 8, layers: 1, heads: 2, maxLength: 8, dropout: 0.1}
      data: {type: text-classification, train: {path: texts.tsv}, validation: {path: texts.tsv}}
      metrics: [roc-auc, mcc]
      training: {epochs: 3, batchSize: 4, averageWeights: {decay: 0.9}, validateEvery: {steps: 5}}
      callbacks:
        - {type: "dev.counterpoint.runner.check.ResumeCheckTest$Slow"}
        - {type: best-model, metric: rocAuc}
      """;

  @TempDir private static Path shared;
  private static Path runFile;
  private static Evidence uninterrupted;

  @TempDir private Path folder;

  @BeforeAll
  static void trainUninterrupted() throws IOException {
    String rows =
        IntStream.range(0, 64)
            .mapToObj(i -> "a film of " + i + " hours\t" + (i % 3 == 0 ? "good" : "bad"))
            .collect(Collectors.joining("\n"));
    Files.writeString(shared.resolve("texts.tsv"), "text\tlabel\n" + rows + "\n");
    runFile = Files.writeString(shared.resolve("small.yaml"), RUN_FILE);
    uninterrupted = new ResumeCheck(request(1), shared, line -> {}).trainUninterrupted();
  }

  @Test
  void killedRunHasTheSameStepsAsAnUninterruptedOne() throws IOException {
    ResumeCheck.Outcome outcome = check(3, run -> {});

    assertThat(outcome.difference()).isEmpty();
    assertThat(outcome.steps()).isEqualTo(48);
    assertThat(outcome.kills()).isEqualTo(3);
    assertThat(outcome.withinEpoch()).isPositive();
  }

  @Test
  void missingOptimizerStateIsDetected() throws IOException {
    assertThat(check(1, run -> edit(run, "optimizer.safetensors", ResumeCheckTest::zeros)))
        .extracting(ResumeCheck.Outcome::difference)
        .satisfies(ResumeCheckTest::assertStepReported);
  }

  @Test
  void missingWeightAveragesAreDetected() throws IOException {
    assertThat(check(1, run -> edit(run, "optimizer.safetensors", ResumeCheckTest::noAverages)))
        .extracting(ResumeCheck.Outcome::difference)
        .satisfies(ResumeCheckTest::assertStepReported)
        .satisfies(it -> assertThat(it).get().asString().contains(" average "));
  }

  @Test
  void wrongDataPositionIsDetected() {
    Consumer<Path> move =
        run -> edit(run, "state.json", state -> put(state, "/progress/stepInEpoch", 5));

    assertThatThrownBy(() -> check(1, move))
        .isInstanceOf(RunFailed.class)
        .hasMessageContaining("\"stepInEpoch\":5");
  }

  @Test
  void differentSeedIsDetected() throws IOException {
    Consumer<Path> reseed =
        run -> {
          edit(run, "state.json", state -> put(state, "/seed", 18));
          // The original settings are stored as JSON text within this JSON.
          edit(run, "state.json", state -> replace(state, "\\\"seed\\\":17", "\\\"seed\\\":18"));
          rewrite(run.resolve("run.yaml"), yaml -> replace(yaml, "seed: 17", "seed: 18"));
        };
    assertThat(check(1, reseed))
        .extracting(ResumeCheck.Outcome::difference)
        .satisfies(ResumeCheckTest::assertStepReported);
  }

  @Test
  void tooManyKillsAreRejected() {
    assertThatThrownBy(() -> check(25, run -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("48 steps")
        .hasMessageContaining("25 kills");
  }

  private ResumeCheck.Outcome check(int kills, Consumer<Path> afterKill) throws IOException {
    return new ResumeCheck(request(kills), folder, line -> {}, afterKill)
        .compareWith(uninterrupted);
  }

  private static ResumeCheck.Request request(int kills) {
    return new ResumeCheck.Request(List.of(runFile.toString()), kills, 5);
  }

  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  private static void assertStepReported(Optional<String> difference) {
    assertThat(difference).get().asString().contains("step ", "differs", "after kill 1");
  }

  private interface Edit {
    byte[] of(byte[] content) throws IOException;
  }

  /** Edits a file of the newest checkpoint, and its checksum. */
  private static void edit(Path run, String name, Edit edit) {
    try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
      Path newest =
          checkpoints
              .filter(path -> path.getFileName().toString().startsWith("step-"))
              .max(Comparator.naturalOrder())
              .orElseThrow();
      String before = sha256(newest.resolve(name));
      rewrite(newest.resolve(name), edit);
      String after = sha256(newest.resolve(name));
      assertThat(after).isNotEqualTo(before);
      rewrite(newest.resolve("SHA256SUMS"), sums -> replace(sums, before, after));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void rewrite(Path file, Edit edit) {
    try {
      Files.write(file, edit.of(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] replace(byte[] content, String old, String replacement) {
    String text = new String(content, StandardCharsets.UTF_8);
    return text.replace(old, replacement).getBytes(StandardCharsets.UTF_8);
  }

  /** Sets all values of a safetensors file to 0. */
  private static byte[] zeros(byte[] content) {
    long header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Arrays.fill(content, (int) (8 + header), content.length, (byte) 0);
    return content;
  }

  /** Sets the weight averages in a safetensors file to 0. */
  private static byte[] noAverages(byte[] content) throws IOException {
    int start = 8 + (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
    new JsonMapper()
        .readTree(content, 8, start - 8)
        .properties()
        .forEach(
            tensor -> {
              if (tensor.getKey().endsWith("/average")) {
                int from = start + tensor.getValue().at("/data_offsets/0").asInt();
                int to = start + tensor.getValue().at("/data_offsets/1").asInt();
                Arrays.fill(content, from, to, (byte) 0);
              }
            });
    return content;
  }

  private static byte[] put(byte[] content, String path, int value) throws IOException {
    JsonMapper json = new JsonMapper();
    ObjectNode state = (ObjectNode) json.readTree(content);
    JsonPointer pointer = JsonPointer.compile(path);
    state.withObject(pointer.head()).put(pointer.last().getMatchingProperty(), value);
    return json.writeValueAsBytes(state);
  }

  /** A callback that sleeps for 10 ms after each step. */
  public record Slow() implements CallbackConfig {
    @Override
    public Callback build(CallbackContext context) {
      return new Callback() {
        @Override
        public void onStep(StepReport report) {
          try {
            Thread.sleep(10);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      };
    }
  }
}
