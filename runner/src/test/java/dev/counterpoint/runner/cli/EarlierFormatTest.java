package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Run directories that version 0.1.0 wrote; see {@code fixtures/README.md}. */
@Timeout(240)
final class EarlierFormatTest {
  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
  private static final String PLACEHOLDER = "@fixtures@";
  private static final JsonMapper JSON = new JsonMapper();

  /** Another CPU rounds differently: about 1e-7 at the end of these runs. */
  private static final float ROUNDING = 1e-4f;

  /** A copy in which the interrupted run was resumed, and trained once without interruption. */
  @TempDir private static Path resumed;

  private static final Terminal RESUMING = new Terminal();

  @TempDir private Path folder;

  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void resumeInterruptedRun() throws IOException {
    copyTo(resumed);
    assertThat(RESUMING.run("train", resumed.resolve("interrupted").toString()))
        .as(RESUMING.err())
        .isEqualTo(ExitCode.SUCCESS);
    run(
        "train",
        resumed.resolve("interrupted.yaml").toString(),
        "--output",
        resumed.resolve("whole").toString());
  }

  @BeforeEach
  void copyFixtures() throws IOException {
    copyTo(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "checkpoints/step-00000075/model.safetensors",
        "checkpoints/step-00000075/optimizer.safetensors",
        "model/model.safetensors"
      })
  void anInterruptedRunEndsWithTheStateOfAnUninterruptedOne(String file) throws IOException {
    assertClose(
        tensors(resumed.resolve("whole").resolve(file)),
        tensors(resumed.resolve("interrupted").resolve(file)));
  }

  @Test
  void anInterruptedRunEndsWithTheWeightsThatTheEarlierVersionReached() throws IOException {
    assertClose(
        tensors(resumed.resolve("recorded/interrupted.safetensors")),
        tensors(resumed.resolve("interrupted/checkpoints/step-00000075/model.safetensors")));
  }

  @Test
  void anInterruptedRunContinuesItsFiles() throws IOException {
    List<String> rows = Files.readAllLines(folder.resolve("interrupted/metrics.jsonl"));
    String events = "interrupted/tensorboard/events.out.tfevents.counterpoint";
    byte[] before = Files.readAllBytes(folder.resolve(events));

    assertThat(trainedSteps(resumed.resolve("interrupted")))
        .containsExactlyElementsOf(stepsUpTo(75));
    assertThat(Files.readAllLines(resumed.resolve("interrupted/metrics.jsonl")))
        .as("all rows up to the checkpoint: step 53 was trained again")
        .startsWith(rows.subList(0, rows.size() - 1).toArray(String[]::new));
    assertThat(Files.readAllBytes(resumed.resolve(events)))
        .startsWith(before)
        .hasSizeGreaterThan(before.length);
    JsonNode again = json(resumed.resolve("interrupted/provenance.json")).path("resumes").path(0);
    assertThat(again.path("afterStep").asLong()).isEqualTo(52);
  }

  @Test
  void theHeartbeatOfAnInterruptedRunIsReportedAndRemoved() {
    assertThat(RESUMING.err()).contains("step 54");
    assertThat(resumed.resolve("interrupted/.heartbeat")).doesNotExist();
  }

  @Test
  void earlyStoppingCountsTheValidationsBeforeTheInterruption() throws IOException {
    assertThat(json(resumed.resolve("interrupted/summary.json")).path("steps").asLong())
        .isEqualTo(75);
  }

  @Test
  void theBestModelIsThatFromBeforeTheInterruption() throws IOException {
    assertThat(json(resumed.resolve("interrupted/summary.json")).path("bestStep").asLong())
        .isEqualTo(15);
    assertClose(
        tensors(folder.resolve("interrupted/checkpoints/best/model.safetensors")),
        tensors(resumed.resolve("interrupted/model/model.safetensors")));
  }

  @Test
  void theHistoryOfARunWithoutLinksCannotBeChecked() {
    assertThat(terminal.run("check", "history", path("interrupted")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("history.jsonl", "earlier version");
  }

  @Test
  void theUseOfARecordIsFound() {
    assertThat(
            terminal.run(
                "check", "ledger", path("interrupted"), "--record", path("small.tsv") + ":2"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("of 52 steps");
  }

  @Test
  void anEditedRunFileOfAnInterruptedRunIsRefused() throws IOException {
    Path file = folder.resolve("interrupted/run.yaml");
    Files.writeString(file, Files.readString(file).replace("batchSize: 4", "batchSize: 5"));

    assertThat(terminal.run("train", path("interrupted"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("training.batchSize");
  }

  @Test
  void changedDataOfAnInterruptedRunIsRefused() throws IOException {
    Path file = folder.resolve("small.tsv");
    Files.writeString(file, Files.readString(file).replaceFirst("\tbad\n", "\tgood\n"));

    assertThat(terminal.run("train", path("interrupted"))).isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void aRunWithLocalStepsResumesWithTheStateOfEachRank() throws IOException {
    train("local-steps");

    assertThat(trainedSteps(folder.resolve("local-steps")))
        .containsExactlyElementsOf(stepsUpTo(45));
    assertClose(
        tensors(folder.resolve("recorded/local-steps.safetensors")),
        tensors(folder.resolve("local-steps/model/model.safetensors")));
  }

  @Test
  void aRunOfTwoWorkersResumesWithOne() throws IOException {
    train("two-workers", "--set", "strategy.workers=1");

    assertThat(trainedSteps(folder.resolve("two-workers")))
        .containsExactlyElementsOf(stepsUpTo(45));
    assertClose(
        tensors(folder.resolve("recorded/two-workers.safetensors")),
        tensors(folder.resolve("two-workers/model/model.safetensors")));
  }

  @Test
  void aFinishedRunTrainsNoFurtherStep() throws IOException {
    String rows = Files.readString(folder.resolve("finished/metrics.jsonl"));
    String hash = json(folder.resolve("finished/summary.json")).path("modelHash").asText();

    train("finished");

    assertThat(folder.resolve("finished/metrics.jsonl")).hasContent(rows);
    assertThat(json(folder.resolve("finished/summary.json")).path("modelHash").asText())
        .isEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource({"finished, 5, 200", "adapter, 9, 90", "generation, 31, 372"})
  void aFinishedRunIsExtended(String run, int epochs, long steps) throws IOException {
    train(run, "--set", "training.epochs=" + epochs);

    assertThat(json(folder.resolve(run).resolve("summary.json")).path("steps").asLong())
        .isEqualTo(steps);
  }

  @ParameterizedTest
  @ValueSource(strings = {"finished", "adapter-base", "adapter"})
  void aModelPredictsWhatItPredicted(String run) throws IOException {
    assertPredictions(answers("predict", run), path(run));
  }

  @Test
  void anAdapterIsMergedIntoItsBase() throws IOException {
    run("merge", path("adapter"), "--output", path("merged"));

    assertPredictions(answers("predict", "adapter"), path("merged"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"finished", "adapter", "generation"})
  void aModelIsEvaluatedAsItWas(String run) throws IOException {
    String out = run("evaluate", path(run), "--json");

    JsonNode measured = JSON.readTree(out).path("validation");
    answers("evaluate", run)
        .properties()
        .forEach(
            entry ->
                assertThat(measured.path(entry.getKey()).asDouble(Double.NaN))
                    .as(entry.getKey())
                    .isCloseTo(entry.getValue().asDouble(), within(1e-4)));
  }

  @ParameterizedTest
  @CsvSource({"greedy, ''", "sampled, --temperature 1.5 --top-k 20 --seed 3", "beams, --beams 3"})
  void aTextIsGeneratedAsItWas(String name, String options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("generate", path("generation"), "--prompt", "anna rings the"));
    arguments.addAll(List.of("--max-tokens", "40"));
    Stream.of(options.split(" ")).filter(option -> !option.isEmpty()).forEach(arguments::add);

    assertThat(run(arguments.toArray(String[]::new))).isEqualTo(answers("generate", name).asText());
  }

  @Test
  void theSnapshotOfAStepThatIsNotFiniteNamesTheLayer() {
    String out = run("replay", path("not-finite/capsules/step-00000002"));

    assertThat(out).contains("body.blocks.0.attentionNorm", "NaN");
  }

  @Test
  void theSnapshotOfAFiniteStepIsReplayedToTheSameLoss() throws IOException {
    String snapshot = "finished/capsules/step-00000125";
    String out = run("replay", path(snapshot));

    JsonNode facts = json(folder.resolve(snapshot).resolve("capsule.json"));
    for (String fact : List.of("loss", "gradientNorm")) {
      double recorded = facts.path(fact).asDouble();
      assertThat(Arrays.stream(out.split("[ ,()\n]+")).filter(word -> isClose(word, recorded)))
          .as("%s %s, recorded and replayed, in: %s", fact, recorded, out)
          .hasSizeGreaterThanOrEqualTo(2);
    }
  }

  private static boolean isClose(String word, double recorded) {
    return word.matches("\\d+\\.\\d{5,}")
        && Math.abs(Double.parseDouble(word) - recorded) < 1e-4 * recorded;
  }

  private void assertPredictions(JsonNode recorded, String model) throws IOException {
    assertThat(recorded).isNotEmpty();
    for (JsonNode answer : recorded) {
      String out = run("predict", model, "--json", "--text", answer.path("text").asText());

      JsonNode now = JSON.readTree(out);
      assertThat(now.path("label")).isEqualTo(answer.path("label"));
      assertThat(now.path("probability").asDouble())
          .isCloseTo(answer.path("probability").asDouble(), within(1e-4));
    }
  }

  private void train(String run, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", path(run)));
    arguments.addAll(List.of(more));
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  private static String run(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  private String path(String file) {
    return folder.resolve(file).toString();
  }

  private static JsonNode json(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  private JsonNode answers(String command, String name) throws IOException {
    return json(folder.resolve("recorded/answers.json")).path(command).path(name);
  }

  private static List<Long> trainedSteps(Path run) throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode row = JSON.readTree(line);
      if (row.path("split").asText().equals("train")) {
        steps.add(row.path("step").asLong());
      }
    }
    return steps;
  }

  private static List<Long> stepsUpTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  /** The float32 tensors of a safetensors file by name. */
  private static Map<String, float[]> tensors(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int data = Long.BYTES + (int) buffer.getLong();
    JsonNode header = JSON.readTree(bytes, Long.BYTES, data - Long.BYTES);
    Map<String, float[]> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> tensor : header.properties()) {
      if (tensor.getValue().path("dtype").asText().equals("F32")) {
        JsonNode offsets = tensor.getValue().path("data_offsets");
        int begin = offsets.get(0).asInt();
        int length = offsets.get(1).asInt() - begin;
        FloatBuffer values =
            buffer.slice(data + begin, length).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] floats = new float[values.remaining()];
        values.get(floats);
        tensors.put(tensor.getKey(), floats);
      }
    }
    return tensors;
  }

  private static void assertClose(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertThat(expected).isNotEmpty();
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) ->
            assertThat(actual.get(name)).as(name).containsExactly(values, within(ROUNDING)));
  }

  /** Copies the run directories, with paths and checksums of the copy. */
  static void copyTo(Path target) throws IOException {
    try (Stream<Path> all = Files.walk(FIXTURES)) {
      for (Path source : all.toList()) {
        Path copy = target.resolve(FIXTURES.relativize(source).toString());
        if (Files.isDirectory(source)) {
          Files.createDirectories(copy);
        } else {
          Files.write(copy, content(source, target));
        }
      }
    }
    updateChecksums(target);
  }

  private static byte[] content(Path source, Path target) throws IOException {
    String name = source.getFileName().toString();
    if (!name.endsWith(".json") && !name.endsWith(".yaml")) {
      return Files.readAllBytes(source);
    }
    return Files.readString(source)
        .replace(PLACEHOLDER, target.toString().replace('\\', '/'))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Checksums of each state.json, as one with a path in it has changed. */
  private static void updateChecksums(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path sums : all.filter(file -> file.endsWith("SHA256SUMS")).toList()) {
        String sum = sha256(sums.resolveSibling("state.json"));
        Files.writeString(sums, Files.readString(sums).replaceAll("\\w+(?=  state\\.json)", sum));
      }
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
