package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class OwnJvmTest {
  @Test
  void debuggerAgentsAndTerminalAreNotHandedOn() {
    assertThat(
            OwnJvm.flags(
                List.of(
                    "-Xmx1g",
                    "-agentlib:jdwp=transport=dt_socket,address=5005",
                    "-javaagent:jacoco.jar",
                    "-Dcounterpoint.terminal=80",
                    "-Da=b")))
        .containsExactly("-Xmx1g", "-Da=b");
  }

  @Test
  void theCommandLineIsOfTheSameJavaAndClassPath() {
    assertThat(OwnJvm.command("a.Main", List.of("bench", "--steps")))
        .startsWith(System.getProperty("java.home") + "/bin/java")
        .endsWith("-cp", System.getProperty("java.class.path"), "a.Main", "bench", "--steps");
  }
}
