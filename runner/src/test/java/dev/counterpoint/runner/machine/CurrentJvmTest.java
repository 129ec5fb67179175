package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CurrentJvmTest {
  private static final List<String> FLAGS =
      List.of(
          "-Xmx1g",
          "-agentlib:jdwp=transport=dt_socket,address=5005",
          "-javaagent:jacoco.jar",
          "-agentpath:/opt/profiler.so",
          "-Xrunjdwp:transport=dt_socket",
          "-Dcom.sun.management.jmxremote.port=9010",
          "-XX:StartFlightRecording=filename=a.jfr",
          "-Xlog:gc:file=gc.log",
          "-Dcounterpoint.terminal=true",
          "-Dcounterpoint.columns=80",
          "-Dcounterpoint.command=../counterpoint");

  @Test
  void flagsOmitDebuggerAgentsAndTerminal() {
    assertThat(CurrentJvm.flags(FLAGS, false))
        .containsExactly("-Xmx1g", "-Dcounterpoint.command=../counterpoint");
  }

  @Test
  void flagsIncludeTheTerminalIfShared() {
    assertThat(CurrentJvm.flags(FLAGS, true))
        .containsExactly(
            "-Xmx1g",
            "-Dcounterpoint.terminal=true",
            "-Dcounterpoint.columns=80",
            "-Dcounterpoint.command=../counterpoint");
  }

  @Test
  void processHasNoVariablesWithFlags() {
    ProcessBuilder process = CurrentJvm.process(List.of("java"));

    assertThat(process.environment())
        .doesNotContainKeys("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");
  }

  @Test
  void commandUsesTheSameJavaAndClassPath() {
    assertThat(CurrentJvm.command("a.Main", List.of("bench", "--steps")))
        .startsWith(System.getProperty("java.home") + "/bin/java")
        .endsWith("-cp", System.getProperty("java.class.path"), "a.Main", "bench", "--steps");
  }
}
