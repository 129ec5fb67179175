package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class DoctorCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter error = new StringWriter();

  @Test
  void correctMachinePassesTheSelfCheck() {
    assertThat(doctor()).isEqualTo(0);
    assertThat(error.toString()).isEmpty();
    assertThat(out.toString().lines().map(line -> line.split(" ")[0]))
        .containsExactly(
            "counterpoint",
            "java",
            "processor",
            "vectors",
            "memory",
            "cache",
            "temporary",
            "encoding",
            "collector",
            "hub",
            "engine",
            "library",
            "features",
            "devices",
            "threads",
            "self-check",
            "speed",
            "bfloat16",
            "time");
  }

  @Test
  void jsonHasTheSameFacts() throws Exception {
    assertThat(doctor("--json")).isEqualTo(0);

    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.path("engine").path("name").asText()).isEqualTo("PyTorch");
    assertThat(report.path("engine").path("devices").path(0).asText()).isEqualTo("cpu");
    assertThat(report.path("memory").path("directLimitBytes").asLong()).isPositive();
    assertThat(report.path("selfCheck").path("gradientError").asDouble()).isLessThan(1e-3);
    assertThat(report.path("gigaflopsPerSecond").asDouble()).isPositive();
    assertThat(report.path("bfloat16GigaflopsPerSecond").asDouble()).isPositive();
    assertThat(report.path("problems")).isEmpty();
  }

  private int doctor(String... options) {
    String[] arguments = new String[options.length + 1];
    arguments[0] = "doctor";
    System.arraycopy(options, 0, arguments, 1, options.length);
    return Main.run(
        Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(error, true)),
        arguments);
  }
}
