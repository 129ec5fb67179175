package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Provides;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

final class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter error = new StringWriter();

  @Test
  void theListOfExperimentsFitsATerminal() {
    Terminal terminal = new Terminal();
    terminal.run("experiments");

    assertThat(terminal.out().lines())
        .contains("sentiment          is a review good or bad? 12,000 sentences from a grammar, a")
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }

  @Test
  void aCommandThatEndsWellGivesItsCode() {
    assertThat(run(() -> 0, "fake")).isEqualTo(0);
    assertThat(error.toString()).isEmpty();
  }

  @Test
  void aCommandMaySayThatASignalStoppedIt() {
    assertThat(run(() -> 143, "fake")).isEqualTo(143);
  }

  @Test
  void impossibleSettingsAreAWrongRequestWithEveryProblemOnALine() {
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
  void whatExplainsARefusalOfTheEngineIsToldInItsPlace() {
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
  void whatIsNoPathIsAWrongRequest() {
    int code = run(() -> Path.of("a\0b").getNameCount(), "fake");

    assertThat(code).isEqualTo(2);
    assertThat(error.toString()).startsWith("counterpoint: \"a\\u0000b\" is no path: ");
  }

  @Test
  void impossibleSettingsAreFoundWithinWhatGuiceThrows() {
    int code = run(() -> Guice.createInjector(new Refusing()).getInstance(Integer.class), "fake");

    assertThat(code).isEqualTo(2);
    assertThat(error.toString()).isEqualToIgnoringNewLines("counterpoint: no such model");
  }

  @Test
  void aFailedRunGivesItsMessageAndNoStackTrace() {
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
  void aFileThatIsMissingIsNamed() {
    int code =
        run(
            () -> {
              Files.readString(Path.of("nowhere", "train.tsv"));
              return 0;
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString()).contains("counterpoint: no such file: nowhere");
  }

  @Test
  void anUnexpectedExceptionIsOneLine() {
    int code =
        run(
            () -> {
              throw new IllegalStateException("oh");
            },
            "fake");

    assertThat(code).isEqualTo(1);
    assertThat(error.toString())
        .isEqualToIgnoringNewLines(
            "counterpoint: internal error: java.lang.IllegalStateException: oh (run again with"
                + " --debug)");
  }

  @Test
  void anErrorOfTheJvmIsOneLineToo() {
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
  void memoryThatDoesNotSufficeIsToldWithTheFlagsThatGiveMore() {
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
  void debugBeforeTheCommandShowsTheStackTrace() {
    assertThat(run(MainTest::fail, "--debug", "fake")).isEqualTo(1);
    assertThat(error.toString()).contains("at " + MainTest.class.getName());
  }

  @Test
  void debugAfterTheCommandShowsTheStackTrace() {
    assertThat(run(MainTest::fail, "fake", "--debug")).isEqualTo(1);
    assertThat(error.toString()).contains("at " + MainTest.class.getName());
  }

  @Test
  void aMistypedCommandNamesTheNearestAndAllThatAreShown() {
    assertThat(run(() -> 0, "dcotor")).isEqualTo(2);
    assertThat(error.toString())
        .contains("unknown command \"dcotor\"; did you mean \"doctor\"?", "Known: ", "fake")
        .doesNotContain("warm-up");
  }

  @Test
  void aMistypedOptionNamesTheNearest() {
    assertThat(run(() -> 0, "fake", "--otuput=here")).isEqualTo(2);
    assertThat(error.toString())
        .contains("unknown option \"--otuput\"; did you mean \"--output\"?")
        .contains("\"counterpoint fake --help\"");
  }

  @Test
  void noCommandShowsTheCommands() {
    assertThat(run(() -> 0)).isEqualTo(2);
    assertThat(error.toString()).contains("Usage: counterpoint", "doctor");
  }

  @Test
  void everyCommandHasHelp() {
    assertThat(run(() -> 0, "fake", "--help")).isEqualTo(0);
    assertThat(out.toString()).contains("Usage: counterpoint fake", "Exit codes:");
  }

  @Test
  void theVersionIsShown() {
    assertThat(run(() -> 0, "--version")).isEqualTo(0);
    assertThat(out.toString()).startsWith("counterpoint ");
  }

  @Test
  void anArgumentThatBeginsWithAnAtSignIsText() {
    assertThat(run(() -> 0, "fake", "@nobody")).isEqualTo(0);
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

  private static final class Refusing extends AbstractModule {
    @Provides
    Integer number() {
      throw new InvalidSettings("no such model");
    }
  }
}
