package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Provides;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

final class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter error = new StringWriter();

  @Test
  void argumentThatIsNotValidTextIsRefused() {
    assertThat(run(() -> 0, "fake", "gr\uFFFDn")).isEqualTo(2);
    assertThat(error.toString()).contains("gr\uFFFDn", "encoding");
  }

  @Test
  void anEmptyPathIsNotTheWorkingDirectory() {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", "sentiment", "--output", "")).isEqualTo(2);
    assertThat(terminal.err()).contains("--output", "path is empty");
  }

  @Test
  void secretsAreHiddenInLogsOfLibraries() {
    Handler handler = Logger.getLogger("").getHandlers()[0];
    Formatter before = handler.getFormatter();
    try {
      Main.hideSecretsInLogs();
      Secrets.hide("pw-0f-4-ur1", "${ENV:PASSWORD}");
      LogRecord entry = new LogRecord(Level.WARNING, "malformed URL {0}");
      entry.setParameters(new Object[] {"jdbc:postgresql://me:pw-0f-4-ur1@host:x"});

      assertThat(handler.getFormatter().format(entry))
          .contains("me:${ENV:PASSWORD}@host")
          .doesNotContain("pw-0f");
    } finally {
      handler.setFormatter(before);
    }
  }

  @Test
  void listOfExperimentsFitsATerminal() {
    Terminal terminal = new Terminal();
    terminal.run("experiments");

    assertThat(terminal.out().lines())
        .contains("sentiment          Sentiment of 12,000 reviews from a grammar, with a small")
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }

  @Test
  void anErrorWhileHelpIsPrintedIsAFailure() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] text, int offset, int length) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    CommandLine commandLine =
        Main.commandLine().setOut(new PrintWriter(full)).setErr(new PrintWriter(error));

    assertThat(Main.run(commandLine, "train", "--help")).isEqualTo(1);
    assertThat(error.toString()).contains("standard output");
  }

  @Test
  void exitCodeOfTheCommandIsReturned() {
    assertThat(run(() -> 0, "fake")).isEqualTo(0);
    assertThat(error.toString()).isEmpty();
  }

  @Test
  void signalExitCodeIsReturned() {
    assertThat(run(() -> 143, "fake")).isEqualTo(143);
  }

  @Test
  void invalidSettingsPrintOneLinePerProblem() {
    int code =
        run(
            () -> {
              new Checks().positive("width", -1).positive("heads", 0).verify();
              return 0;
            },
            "fake");

    assertThat(code).isEqualTo(2);
    assertThat(error.toString().lines())
        .containsExactly(
            "counterpoint: width -1 must be greater than 0",
            "counterpoint: heads 0 must be greater than 0");
  }

  @Test
  void explanationReplacesTheEngineError() {
    int code =
        run(
            () -> {
              throw new IllegalArgumentException("A label is 3.", new EngineException("Target 3"));
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString()).startsWith("counterpoint: A label is 3.").doesNotContain("Target");
  }

  @Test
  void invalidPathIsRejected() {
    int code = run(() -> Path.of("a\0b").getNameCount(), "fake");

    assertThat(code).isEqualTo(2);
    assertThat(error.toString()).startsWith("counterpoint: \"a\\u0000b\" ");
  }

  @Test
  void invalidSettingsAreUnwrappedFromGuiceExceptions() {
    int code =
        run(() -> Guice.createInjector(new InvalidModule()).getInstance(Integer.class), "fake");

    assertThat(code).isEqualTo(2);
    assertThat(error.toString()).isEqualToIgnoringNewLines("counterpoint: no such model");
  }

  @Test
  void failedRunPrintsItsMessageWithoutStackTrace() {
    int code =
        run(
            () -> {
              throw new RunFailed("the loss of step 3 is NaN");
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString())
        .isEqualToIgnoringNewLines("counterpoint: the loss of step 3 is NaN");
  }

  @Test
  void missingFileIsNamed() {
    int code =
        run(
            () -> {
              Files.readString(Path.of("nowhere", "train.tsv"));
              return 0;
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString())
        .contains("counterpoint: ", Path.of("nowhere", "train.tsv").toString());
  }

  @Test
  void unexpectedExceptionPrintsOneLine() {
    int code =
        run(
            () -> {
              throw new IllegalStateException("oh");
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString())
        .contains("counterpoint: ", "java.lang.IllegalStateException: oh", "--debug")
        .hasLineCount(1);
  }

  @Test
  void jvmErrorPrintsOneLine() {
    int code =
        run(
            () -> {
              throw new UnsatisfiedLinkError("libtorch");
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString().lines()).hasSize(1);
  }

  @Test
  void outOfMemoryErrorNamesTheMemoryFlags() {
    int code =
        run(
            () -> {
              throw new OutOfMemoryError("Java heap space");
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString()).contains("Java heap space", "COUNTERPOINT_JAVA_OPTS");
  }

  @Test
  void debugBeforeTheCommandPrintsTheStackTrace() {
    assertThat(run(MainTest::fail, "--debug", "fake")).isEqualTo(1);
    assertThat(error.toString()).contains("at " + MainTest.class.getName());
  }

  @Test
  void debugAfterTheCommandPrintsTheStackTrace() {
    assertThat(run(MainTest::fail, "fake", "--debug")).isEqualTo(1);
    assertThat(error.toString()).contains("at " + MainTest.class.getName());
  }

  @Test
  void misspelledCommandSuggestsTheNearest() {
    assertThat(run(() -> 0, "dcotor")).isEqualTo(2);
    assertThat(error.toString())
        .contains("\"dcotor\"", "did you mean \"doctor\"?", "fake")
        .doesNotContain("warm-up");
  }

  @Test
  void misspelledOptionSuggestsTheNearest() {
    assertThat(run(() -> 0, "fake", "--otuput=here")).isEqualTo(2);
    assertThat(error.toString())
        .contains("\"--otuput\"", "did you mean \"--output\"?")
        .contains("\"counterpoint fake --help\"");
  }

  @Test
  void missingCommandPrintsTheUsage() {
    assertThat(run(() -> 0)).isEqualTo(2);
    assertThat(error.toString()).contains("Usage: counterpoint", "doctor");
  }

  @Test
  void everyCommandHasHelp() {
    assertThat(run(() -> 0, "fake", "--help")).isEqualTo(0);
    assertThat(out.toString()).contains("Usage: counterpoint fake", "Exit codes:");
  }

  @Test
  void versionIsPrinted() {
    assertThat(run(() -> 0, "--version")).isEqualTo(0);
    assertThat(out.toString()).startsWith("counterpoint ");
  }

  @Test
  void argumentMayStartWithAnAtSign() {
    assertThat(run(() -> 0, "fake", "@nobody")).isEqualTo(0);
  }

  @Test
  void aNamedCommandIsTheSameAloneAsAmongAll() {
    Main.commandLine()
        .getSubcommands()
        .forEach(
            (name, command) -> {
              CommandLine alone = Main.commandLine(name, "--debug");
              assertThat(alone.getSubcommands()).containsOnlyKeys(name);
              assertThat(alone.getSubcommands().get(name).getUsageMessage())
                  .isEqualTo(command.getUsageMessage());
            });
  }

  private int run(Callable<Integer> body, String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.addSubcommand("fake", new Fake(body));
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(error, true));
    return Main.run(commandLine, arguments);
  }

  private static int fail() {
    throw new IllegalStateException("oh");
  }

  @Command(name = "fake")
  private static final class Fake implements Callable<Integer> {
    private final Callable<Integer> body;

    @Option(names = "--output")
    private String output;

    @Parameters(arity = "0..1")
    private String text;

    Fake(Callable<Integer> body) {
      this.body = body;
    }

    @Override
    public Integer call() throws Exception {
      return body.call();
    }
  }

  private static final class InvalidModule extends AbstractModule {
    @Provides
    Integer number() {
      throw new InvalidSettings("no such model");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--trace, trace.json, --spark",
    "--exact,, --spark",
    "--rank, 1, --spark",
    "--secret-file, secret, --spark",
    "--secret-file, secret, strategy.type",
    "--bind, 127.0.0.1, strategy.type"
  })
  void optionsThatWouldBeIgnoredAreRejected(String option, String value, String reason) {
    Terminal terminal = new Terminal();
    List<String> line = new ArrayList<>(List.of("train", "sentiment", option));
    if (value != null) {
      line.add(value);
    }
    if (reason.equals("--spark")) {
      line.addAll(List.of("--spark", "local[2]"));
    }

    assertThat(terminal.run(line.toArray(String[]::new))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(option, reason);
  }
}
