package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryCommandTest {
  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void write() throws IOException {
    small = SmallRun.in(folder);
  }

  private String registry(int exitCode, String... arguments) {
    List<String> all = new ArrayList<>(List.of("registry"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--registry", folder.resolve("registry").toString()));
    Terminal terminal = new Terminal();
    assertThat(terminal.run(all.toArray(String[]::new)))
        .as(terminal.out() + terminal.err())
        .isEqualTo(exitCode);
    return exitCode == ExitCode.SUCCESS ? terminal.out() : terminal.err();
  }

  private static String predict(String directory) {
    Terminal terminal = new Terminal();
    terminal.run("predict", directory, "--json", "--text", "good word");
    return terminal.out();
  }

  private Path folderOfVersion() {
    String shown = registry(ExitCode.SUCCESS, "show", "small");
    return Path.of(shown.replaceFirst("(?s).*folder: (\\S+).*", "$1"));
  }

  @Test
  void aVersionPredictsAsItsRunAfterTheRunIsDeleted() throws IOException {
    small.train();
    String expected = predict(small.path());
    registry(ExitCode.SUCCESS, "add", small.path(), "--name", "small", "--alias", "champion");
    assertThat(registry(ExitCode.SUCCESS, "list")).contains("small/1", "champion");

    Files.move(small.run(), folder.resolve("moved"));

    assertThat(predict(folderOfVersion().toString())).isEqualTo(expected).contains("label");
    assertThat(registry(ExitCode.SUCCESS, "verify")).contains("2 changes", "1 version");
  }

  @Test
  void aVersionHasTheUsersOwnCode() throws IOException {
    small.useOwnSchedule();
    small.train();
    registry(ExitCode.SUCCESS, "add", small.path(), "--name", "small");

    assertThat(folderOfVersion().resolve("code/0/Half.java")).exists();
  }

  @Test
  void actionsNameWhatIsWrong() throws IOException {
    assertThat(registry(ExitCode.INVALID_REQUEST, "list")).contains("no registry");
    assertThat(registry(ExitCode.INVALID_REQUEST)).contains("add", "verify");
    assertThat(registry(ExitCode.INVALID_REQUEST, "add", "nowhere", "--name", "small"))
        .contains("nowhere");
    small.train();
    assertThat(registry(ExitCode.INVALID_REQUEST, "add", small.path(), "--name", "a b"))
        .contains("\"a b\"");
    registry(ExitCode.SUCCESS, "add", small.path(), "--name", "small");
    assertThat(registry(ExitCode.INVALID_REQUEST, "show", "smal")).contains("small");
    assertThat(registry(ExitCode.INVALID_REQUEST, "alias", "small@champion", "two"))
        .contains("VERSION", "two");
    assertThat(registry(ExitCode.INVALID_REQUEST, "alias", "small", "1")).contains("NAME@ALIAS");
    assertThat(registry(ExitCode.INVALID_REQUEST, "alias", "small@champion", "1", "--expect", "3"))
        .contains("no version", "version 3");
  }

  @Test
  void theHistoryHasEveryChange() throws IOException {
    small.train();
    registry(ExitCode.SUCCESS, "add", small.path(), "--name", "small");
    registry(ExitCode.SUCCESS, "alias", "small@champion", "1", "--expect", "none");
    registry(ExitCode.SUCCESS, "alias", "small@champion", "none");
    registry(ExitCode.SUCCESS, "remove", "small/1");

    assertThat(registry(ExitCode.SUCCESS, "history", "small").lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("added small/1", System.getProperty("user.name")),
            line -> assertThat(line).contains("small@champion is small/1"),
            line -> assertThat(line).contains("small@champion removed"),
            line -> assertThat(line).contains("removed small/1"));
  }

  @Test
  void aDamagedVersionIsFound() throws IOException {
    small.train();
    registry(ExitCode.SUCCESS, "add", small.path(), "--name", "small");
    Files.writeString(folderOfVersion().resolve("model/labels.txt"), "bad\n");

    assertThat(registry(ExitCode.RUN_FAILED, "verify")).contains("was changed");
  }
}
