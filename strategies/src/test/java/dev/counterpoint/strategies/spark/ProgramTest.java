package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramTest {
  @ParameterizedTest
  @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
  void collectorOfTheEnvironmentReplacesTheDefault(String variable) {
    assertThat(Program.defaults("", Map.of(variable, "-Xmx1g -XX:+UseG1GC")))
        .containsExactly("-XX:-UsePerfData");
  }

  @Test
  void collectorOfTheUsersFlagsReplacesTheDefault() {
    assertThat(Program.defaults("-XX:+UseZGC", Map.of())).containsExactly("-XX:-UsePerfData");
  }

  @Test
  void defaultCollectorIsSerial() {
    assertThat(Program.defaults("-XX:+UseGCOverheadLimit", Map.of()))
        .containsExactly("-XX:-UsePerfData", "-XX:+UseSerialGC");
  }
}
