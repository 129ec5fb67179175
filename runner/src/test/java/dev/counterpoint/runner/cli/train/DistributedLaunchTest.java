package dev.counterpoint.runner.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DistributedLaunchTest {
  @ParameterizedTest
  @CsvSource({"0, 0, 0", "130, 130, 130", "0, 143, 143", "1, 130, 1", "2, 143, 2"})
  void theCodeOfASignalIsReturnedUnlessTheJobHasFailed(int ofJob, int ofSignal, int expected) {
    assertThat(DistributedLaunch.exitCode(ofJob, ofSignal)).isEqualTo(expected);
  }
}
