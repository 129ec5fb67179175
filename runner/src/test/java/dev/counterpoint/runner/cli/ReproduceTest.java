package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code reproduce} trains a run again and names what has changed. */
@Timeout(300)
final class ReproduceTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void aCompleteRunIsReproducedInTheOutputAndNotChanged() throws IOException {
    small.train();
    Map<Path, String> before = small.files();
    Path output = folder.resolve("again");

    assertReproduced("--output", output.toString());
    assertThat(small.files()).isEqualTo(before);
    assertThat(hash(output)).isEqualTo(hash(small.run()));
  }

  @Test
  void threadsAndVariablesThatSelectNoKernelsAreIgnored() throws IOException {
    small.train();
    ObjectNode json = (ObjectNode) small.provenance();
    ObjectNode machine = (ObjectNode) json.path("machine");
    machine.put("threads", 1_000_000); // more than possible
    ObjectNode variables = (ObjectNode) machine.path("kernelVariables");
    variables.put("JAVA_TOOL_OPTIONS", "-javaagent:none.jar").put("MKL_CBWR", "$(a b)");
    Files.writeString(small.run().resolve("provenance.json"), json.toString());

    assertReproduced();
    assertThat(terminal.err()).contains("run.yaml with {}");
  }

  @Test
  void missingDataIsNamedAndTheNewFolderIsDeleted() throws IOException {
    small.train();
    Files.delete(folder.resolve("train.tsv"));

    assertThat(terminal.run("reproduce", small.path())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(folder.resolve("train.tsv") + " does not exist");
    Matcher target = Pattern.compile("again in (.*)/run \\.\\.\\.").matcher(terminal.err());
    assertThat(target.find()).isTrue();
    assertThat(Path.of(target.group(1))).doesNotExist();
  }

  @Test
  void modelFolderOfAnotherStepIsNotVerified() throws IOException {
    small.train();
    Files.delete(small.run().resolve("summary.json"));

    assertReproduced();
    assertThat(terminal.out()).contains("NOT verified: " + small.run().resolve("model"));
  }

  @Test
  void codeThatOnlyTheOptionTrustsIsPrintedAndRuns() throws IOException {
    small.useOwnSchedule();
    small.train();
    small.edit("run/code/0/Half.java", "/ 2;", "/ 2; // " + folder);
    Path copy = small.run().resolve("code/0/Half.java");

    assertThat(terminal.run("reproduce", small.path())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.run("reproduce", small.path(), "--trust-code"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("code: SHA-256 " + Sha256.of(copy) + ", " + copy);
  }

  @Test
  void aRunThatWasInterruptedAndExtendedIsReproduced() throws IOException {
    small.train("--until", "2", "--set", "training.epochs=1");
    small.resume("--set", "training.epochs=3");

    assertReproduced();
  }

  @Test
  void anInterruptedRunIsReproducedToItsStep() throws IOException {
    small.train("--until", "4");

    assertReproduced();
    assertThat(terminal.out()).contains("step 4");
  }

  @Test
  void anEditedSettingIsNamed() throws IOException {
    small.train();
    small.edit("run/run.yaml", "seed: 17", "seed: 18");

    assertThat(terminal.run("reproduce", small.path())).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("seed is 18", "17");
  }

  @Test
  void aFolderWithoutARunIsRefused() {
    assertThat(terminal.run("reproduce", folder.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("provenance.json");
  }

  @Test
  void aRunOfAnEarlierVersionIsReproduced() throws IOException {
    small.train();
    Path file = small.run().resolve("provenance.json");
    JsonNode json = small.provenance();
    ((ObjectNode) json).remove(List.of("settings", "files", "machine", "jars"));
    Files.writeString(file, json.toString());
    Files.delete(small.run().resolve("history.jsonl"));

    assertReproduced();
  }

  private void assertReproduced(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("reproduce", small.path()));
    arguments.addAll(List.of(options));
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    if (Files.exists(small.run().resolve("summary.json"))) {
      assertThat(terminal.out()).contains(hash(small.run()));
    }
  }

  private static String hash(Path run) throws IOException {
    return AtomicFile.readJson(run.resolve("summary.json")).path("modelHash").asText();
  }
}
