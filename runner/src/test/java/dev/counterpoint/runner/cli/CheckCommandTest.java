package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckCommandTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @ParameterizedTest
  @ValueSource(strings = {"resume", "equivalence"})
  void runDirectoryIsRejected(String check) {
    int code = terminal.run("check", check, folder.toString());

    assertThat(code).isEqualTo(2);
    assertThat(terminal.err()).contains(folder + " is not the folder of an experiment");
  }

  @ParameterizedTest
  @CsvSource({"check, ledger", "registry, verify", "features, join"})
  void theCommandsOfAGroupAreListed(String group, String command) {
    assertThat(terminal.run(group)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(command, group + " --help");
  }

  @ParameterizedTest
  @ValueSource(strings = {"resume", "equivalence"})
  void helpShowsRunOverridesAndClassPath(String check) {
    int code = terminal.run("check", check, "--help");

    assertThat(code).isZero();
    assertThat(terminal.out()).contains("RUN", "--set=KEY=VALUE", "--classpath=PATHS");
  }
}
