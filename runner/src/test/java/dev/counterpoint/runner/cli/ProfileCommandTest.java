package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileCommandTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void thePhasesAddUpToTheStep() throws IOException {
    SmallRun.in(folder);
    Path output = folder.resolve("profile");
    int code =
        terminal.run(
            "profile",
            folder.resolve("small.yaml").toString(),
            "--set=training.microBatchSize=2",
            "--steps=4",
            "--output=" + output);

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    List<String> phases =
        terminal
            .out()
            .lines()
            .filter(line -> line.matches("[a-z][a-z ]+ +[0-9.]+ +[0-9.]+"))
            .toList();
    assertThat(phases).hasSize(7);
    double sum =
        phases.stream().mapToDouble(it -> Double.parseDouble(it.replaceFirst(".* ", ""))).sum();
    assertThat(sum).isBetween(99.0, 101.0);
    assertThat(sumOfLayers()).isBetween(0.8 * sum, 1.01 * sum);
    assertThat(terminal.out()).contains("attention (", "validation: ", "longer");
    assertThat(Files.readString(output.resolve("profile.html")))
        .contains("<rect", "<th scope=\"row\" class=\"words\">backward</th>");
    JsonNode events = AtomicFile.readJson(output.resolve("trace.json")).path("traceEvents");
    assertThat(events.size()).isGreaterThan(40);
    assertThat(events.get(1).path("dur").asDouble()).isPositive();
  }

  /** The percentages of the layers, and of the phases without layers. */
  private double sumOfLayers() {
    return terminal
        .out()
        .lines()
        .filter(line -> line.matches(".*\\d\\.\\d{3} +[0-9.]+( .*)?"))
        .filter(line -> !line.startsWith("forward") && !line.startsWith("backward"))
        .mapToDouble(
            line -> Double.parseDouble(line.replaceFirst(".*\\d\\.\\d{3} +([0-9.]+).*", "$1")))
        .sum();
  }

  @Test
  void anInvalidNumberOfStepsIsRejected() {
    assertThat(terminal.run("profile", "sentiment", "--steps=0"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }
}
