package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Path;

/** Stops a training within an epoch and resumes it, in this process. */
final class Interruption {
  private Interruption() {}

  /** Checks that 8 steps give the same model as 4 steps and the other 4 after a resume. */
  static void assertResumes(String runFile, Path folder) throws IOException {
    String whole = folder.resolve("whole").toString();
    String resumed = folder.resolve("resumed").toString();
    String eight = "training.maxSteps=8";
    run("train", runFile, "--set", eight, "--output", whole);
    run("train", runFile, "--set", eight, "--output", resumed, "--until", "4");
    assertThat(hash(resumed)).isNotEqualTo(hash(whole));

    assertThat(run("train", resumed)).contains("Resuming after step 4");
    assertThat(hash(resumed)).isEqualTo(hash(whole));
  }

  private static String run(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.err();
  }

  private static JsonNode hash(String directory) throws IOException {
    return AtomicFile.readJson(Path.of(directory, "summary.json")).path("modelHash");
  }
}
