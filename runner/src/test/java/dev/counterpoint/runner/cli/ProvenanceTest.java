package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What provenance.json records, and how a resume uses it. */
final class ProvenanceTest {
  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void recordsMachineUserDataSettingsAndEnd() throws IOException {
    small.train();
    JsonNode json = small.provenance();

    assertThat(json.path("machine").path("threads").asInt()).isEqualTo(Torch.threads());
    assertThat(json.path("machine").path("device").asText()).isEqualTo("cpu");
    assertThat(json.path("machine").path("processes").asInt()).isEqualTo(1);
    assertThat(json.path("machine").has("cpu")).isTrue();
    assertThat(json.path("machine").has("instructionSets")).isTrue();
    assertThat(json.path("versions").path("javaVendor").asText())
        .isEqualTo(System.getProperty("java.vendor"));
    assertThat(json.path("user").asText()).isEqualTo(System.getProperty("user.name"));
    assertThat(json.path("host").asText()).isNotEmpty();
    assertThat(json.path("files").path("data.train.path").path("sha256").asText())
        .isEqualTo(Sha256.of(folder.resolve("train.tsv")));
    assertThat(json.path("files").path("data.validation.path").path("sha256").asText())
        .isEqualTo(Sha256.of(folder.resolve("other.tsv")));
    assertThat(json.path("settings").path("training").path("epochs").asInt()).isEqualTo(2);
    assertThat(json.path("exit").asText()).isEqualTo("completed");
    assertThat(json.path("ended").asText()).isGreaterThanOrEqualTo(json.path("started").asText());
  }

  @Test
  void recordsTheStepAndTheEndOfEachProcess() throws IOException {
    small.train("--until", "3");
    small.resume();
    JsonNode json = small.provenance();

    assertThat(json.path("exit").asText()).isEqualTo("stopped: step 3");
    assertThat(json.path("resumes")).hasSize(1);
    assertThat(json.path("resumes").path(0).path("afterStep").asLong()).isEqualTo(3);
    assertThat(json.path("resumes").path(0).path("exit").asText()).isEqualTo("completed");
    assertThat(json.path("resumes").path(0).path("files").has("data.train.path")).isTrue();
  }

  @Test
  void aResumeWithNothingToTrainIsNotRecorded() throws IOException {
    small.train();
    JsonNode before = small.provenance();
    small.resume();

    assertThat(small.provenance()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]", "5", "{"})
  void aRecordThatIsNoObjectIsRefused(String content) throws IOException {
    small.train("--until", "3");
    Path file = Files.writeString(small.run().resolve("provenance.json"), content);

    for (String command : List.of("train", "reproduce")) {
      Terminal terminal = new Terminal();
      assertThat(terminal.run(command, small.path())).isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(terminal.err()).contains(file.toString());
    }
    assertThat(file).hasContent(content);
  }

  @Test
  void aFailureIsRecorded() throws IOException {
    small.edit("small.yaml", "groupByLength: true", "optimizer: {type: sgd, learningRate: 1e38}");
    Terminal terminal = new Terminal();
    assertThat(
            terminal.run(
                "train", folder.resolve("small.yaml").toString(), "--output", small.path()))
        .isEqualTo(ExitCode.RUN_FAILED);

    assertThat(small.provenance().path("exit").asText())
        .startsWith("failed: ")
        .doesNotContain("Exception");
  }

  @Test
  void anotherNumberOfThreadsIsReportedOnResume() throws IOException {
    small.train("--until", "3");
    recordThreads(99);

    assertThat(small.resume().err()).contains("machine.threads was 99, is now " + Torch.threads());
  }

  @Test
  void exactRefusesAnotherNumberOfThreads() throws IOException {
    small.train("--until", "3");
    recordThreads(99);
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", small.path(), "--exact")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("machine.threads").doesNotContain("step 4");
  }

  @Test
  void exactRefusesARunWhoseThreadsAreNotRecorded() throws IOException {
    small.train("--until", "3");
    ObjectNode json = (ObjectNode) small.provenance();
    ((ObjectNode) json.path("machine")).remove("threads");
    AtomicFile.writeJson(small.run().resolve("provenance.json"), json);
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", small.path(), "--exact")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("machine.threads was not recorded");
  }

  @Test
  void exactResumesOnTheSameMachine() throws IOException {
    small.train("--until", "3");

    assertThat(small.resume("--exact").err()).doesNotContain("same bits");
    assertThat(Files.exists(small.run().resolve("summary.json"))).isTrue();
  }

  @Test
  void stopsAfterAStepWithoutAChangeOfTheResult() throws IOException {
    small.train("--until", "3");
    assertThat(AtomicFile.readJson(small.run().resolve("summary.json")).path("steps").asLong())
        .isEqualTo(3);
    small.resume();
    SmallRun whole = SmallRun.in(Files.createDirectory(folder.resolve("whole")));
    whole.train();

    assertThat(hash(small)).isEqualTo(hash(whole));
  }

  private static String hash(SmallRun run) throws IOException {
    return AtomicFile.readJson(run.run().resolve("summary.json")).path("modelHash").asText();
  }

  private void recordThreads(int threads) throws IOException {
    ObjectNode json = (ObjectNode) small.provenance();
    ((ObjectNode) json.path("machine")).put("threads", threads);
    AtomicFile.writeJson(small.run().resolve("provenance.json"), json);
  }
}
