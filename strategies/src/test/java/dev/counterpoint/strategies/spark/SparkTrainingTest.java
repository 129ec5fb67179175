package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.strategies.launch.LaunchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class SparkTrainingTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @Test
  void aFailureIsPrintedAsOneMessage() {
    assertThat(exitCode(() -> fail(LaunchException.invalid("It is wrong.")))).isEqualTo(2);
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("counterpoint: It is wrong.\n");
  }

  @Test
  void aMessageThatWasPrintedIsNotRepeated() {
    assertThat(exitCode(() -> fail(new LaunchException(2, null)))).isEqualTo(2);
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void exceptionsOfHadoopAndSparkArePrintedAsOneMessage() {
    assertThat(exitCode(() -> fail(new IOException("namenode: unknown host")))).isEqualTo(1);
    assertThat(exitCode(() -> fail(new TimeoutException("no master")))).isEqualTo(1);
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "counterpoint: java.io.IOException: namenode: unknown host",
            "counterpoint: java.util.concurrent.TimeoutException: no master");
  }

  @Test
  void anInvalidPortIsRefused() {
    assertThat(JobConf.port("7078")).isEqualTo(7078);
    assertThatThrownBy(() -> JobConf.port("70000"))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("spark.counterpoint.port \"70000\"");
  }

  private int exitCode(Callable<Integer> work) {
    return SparkTraining.exitCode(work, new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  private static int fail(Exception e) throws Exception {
    throw e;
  }
}
