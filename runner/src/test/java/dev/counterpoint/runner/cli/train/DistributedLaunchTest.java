package dev.counterpoint.runner.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class DistributedLaunchTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--secret-file secret",
        "--spark local[1] --exact",
        "--spark local[1] --rank 0",
        "--spark local[1] --secret-file secret"
      })
  void optionsThatWouldBeIgnoredAreRejected(String options) {
    CommandLine train = new CommandLine(new TrainCommand());
    List<Exception> failures = new ArrayList<>();
    train.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          failures.add(failure);
          return 2;
        });

    train.execute(("penguins " + options).split(" "));

    assertThat(failures)
        .singleElement()
        .isInstanceOf(InvalidSettings.class)
        .extracting(Exception::getMessage, InstanceOfAssertFactories.STRING)
        .contains(options.replaceAll(".*(--\\S+).*", "$1"));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "130, 130, 130", "0, 143, 143", "1, 130, 1", "2, 143, 2"})
  void theCodeOfASignalIsReturnedUnlessTheJobHasFailed(int ofJob, int ofSignal, int expected) {
    assertThat(DistributedLaunch.exitCode(ofJob, ofSignal)).isEqualTo(expected);
  }
}
