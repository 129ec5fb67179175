package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class SparkTrainingTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @Test
  void theReasonOfAFailureIsSaidInASentence() {
    assertThat(exitCode(() -> fail(JobFailed.wrong("It is wrong.")))).isEqualTo(2);
    assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("counterpoint: It is wrong.\n");
  }

  @Test
  void whatTheProgramHasSaidIsNotSaidAgain() {
    assertThat(exitCode(() -> fail(JobFailed.told(2)))).isEqualTo(2);
    assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void whatHadoopAndSparkThrowIsSaidInASentence() {
    assertThat(exitCode(() -> fail(new IOException("namenode: unknown host")))).isEqualTo(1);
    assertThat(exitCode(() -> fail(new TimeoutException("no master")))).isEqualTo(1);
    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "counterpoint: java.io.IOException: namenode: unknown host",
            "counterpoint: java.util.concurrent.TimeoutException: no master");
  }

  @Test
  void aPortThatIsNoneIsRefused() {
    assertThat(JobConf.port("7078")).isEqualTo(7078);
    assertThatThrownBy(() -> JobConf.port("70000"))
        .isInstanceOf(JobFailed.class)
        .hasMessageContaining("spark.counterpoint.port \"70000\" must be a port");
  }

  private int exitCode(Callable<Integer> work) {
    return SparkTraining.exitCode(work, new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  private static int fail(Exception e) throws Exception {
    throw e;
  }
}
