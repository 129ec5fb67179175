package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Launcher script {@code counterpoint}, with fake {@code java} and {@code mvn} commands that print
 * their arguments.
 */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
  private static final String JAVA =
      """
      #!/bin/sh
      case "$*" in *" -version") exit 0 ;; esac
      for argument in "$@"; do echo "[$argument]"; done
      echo "in $PWD with $CLASSPATH"
      exit 7
      """;
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "mvn $*" >> calls
      mkdir -p runner/target/lib
      echo > runner/target/lib/core-1.jar
      echo > runner/target/lib/api-1.jar
      echo > runner/target/counterpoint.jar
      """;

  @TempDir private Path temporary;
  private Path home;
  private Path javaHome;
  private Path elsewhere;

  private record Outcome(int code, String out, String error) {}

  @BeforeEach
  void writeProject() throws IOException {
    Path script = Path.of("..", "counterpoint");
    assumeThat(script).as("the launcher script of the project").exists();
    home = Files.createDirectories(temporary.resolve("a project").resolve("inner")).toRealPath();
    elsewhere = Files.createDirectories(temporary.resolve("else where")).toRealPath();
    javaHome = temporary.resolve("a jdk");
    Files.copy(script, home.resolve("counterpoint"));
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    Files.createDirectories(home.resolve("core/src/main"));
    program(javaHome.resolve("bin/java"), JAVA);
    program(javaHome.resolve("bin/javac"), "#!/bin/sh\n");
    program(temporary.resolve("bin/mvn"), MAVEN);
    setJavaVersion("17.0.1");
  }

  @Test
  void firstUseBuilds() throws Exception {
    Outcome outcome = launch("--version");

    assertThat(outcome.error())
        .isEqualTo("Building Counterpoint (first use, takes a few minutes) ...\n");
    assertThat(builds()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"-v, 2000000", "-n, 64"})
  @EnabledOnOs(OS.LINUX)
  void aLimitThatIsTooLowIsRejectedInOneLine(String option, String limit) throws Exception {
    Path limited = temporary.resolve("limited");
    program(
        limited,
        "#!/bin/sh\nulimit %s %s && exec '%s' \"$@\"\n"
            .formatted(option, limit, home.resolve("counterpoint")));

    Outcome outcome = run(limited, Map.of(), "--version");

    assertThat(outcome.code()).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(outcome.error().lines())
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("ulimit " + option, limit);
  }

  @Test
  void secondUseDoesNotBuild() throws Exception {
    launch("--version");
    Outcome second = launch("--version");

    assertThat(second.error()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void newerSourceIsRebuilt() throws Exception {
    launch("--version");
    Path source = Files.writeString(home.resolve("core/src/main/New.java"), "class New {}");
    Path jar = home.resolve("runner/target/counterpoint.jar");
    Files.setLastModifiedTime(
        source, FileTime.fromMillis(Files.getLastModifiedTime(jar).toMillis() + 1000));

    assertThat(launch("--version").error())
        .isEqualTo("Building Counterpoint (its sources changed) ...\n");
  }

  @Test
  void sourceDatedInTheFutureIsBuiltOnce() throws Exception {
    Path source = Files.writeString(home.resolve("core/src/main/New.java"), "class New {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofDays(300))));
    launch("--version");

    assertThat(launch("--version").error()).isEmpty();
    Files.writeString(source, "class New { int changed; }");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofDays(300))));
    assertThat(launch("--version").error()).contains("its sources changed");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void sourceChangedAfterTheClockWasSetBackIsBuilt() throws Exception {
    launch("--version");
    Files.setLastModifiedTime(
        home.resolve("runner/target/counterpoint.jar"),
        FileTime.from(Instant.now().plus(Duration.ofDays(300))));
    Files.writeString(home.resolve("core/src/main/New.java"), "class New {}");

    assertThat(launch("--version").error()).contains("its sources changed");
  }

  @Test
  void sourceWithANewTimeButTheSameContentIsNotBuilt() throws Exception {
    Path source = Files.writeString(home.resolve("core/src/main/New.java"), "class New {}");
    launch("--version");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofHours(1))));

    assertThat(launch("--version").error()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void exitCodeOfJavaIsReturned() throws Exception {
    assertThat(launch("--version").code()).isEqualTo(7);
  }

  @Test
  void argumentsAndWorkingDirectoryArePassedUnchanged() throws Exception {
    Outcome outcome = launch("predict", "a b", "*", "");

    assertThat(outcome.out())
        .contains("[predict]\n[a b]\n[*]\n[]\n")
        .contains("in " + elsewhere + " with ");
  }

  @Test
  void thirdPartyJarsComeFirstOnTheClassPath() throws Exception {
    Path target = home.resolve("runner/target");

    assertThat(launch("--version").out())
        .contains(
            "with "
                + target.resolve("lib/api-1.jar")
                + ":"
                + target.resolve("counterpoint.jar")
                + ":"
                + target.resolve("lib/core-1.jar"));
  }

  @Test
  void symbolicLinkIsResolved() throws Exception {
    Path link = Files.createSymbolicLink(elsewhere.resolve("link"), home.resolve("counterpoint"));

    assertThat(run(link, Map.of(), "--version").code()).isEqualTo(7);
  }

  @Test
  void programNameIsPassedToJava() throws Exception {
    Path link = Files.createSymbolicLink(elsewhere.resolve("a link"), home.resolve("counterpoint"));

    assertThat(run(link, Map.of(), "--version").out())
        .contains("[-Dcounterpoint.command=" + link + "]");
    assertThat(run(Path.of("a link"), Map.of(), "--version").out())
        .contains("[-Dcounterpoint.command=./a link]");
  }

  @Test
  void userFlagsComeLast() throws Exception {
    Outcome outcome =
        run(
            home.resolve("counterpoint"),
            Map.of("COUNTERPOINT_JAVA_OPTS", "-Xmx3g -XX:+UseZGC"),
            "--version");

    assertThat(outcome.out())
        .contains("[-Xmx3g]\n[-XX:+UseZGC]\n[dev.counterpoint.runner.cli.Main]\n")
        .doesNotContain("UseSerialGC");
  }

  @Test
  void optionThatJavaDoesNotAcceptIsNamedWithItsVariable() throws Exception {
    program(
        javaHome.resolve("bin/java"),
        "#!/bin/bash\n"
            + "case \" $* \" in\n"
            + "*' -Xfoo '*) echo 'Error occurred during initialization of VM' >&2\n"
            + "  echo 'Unrecognized option: -Xfoo' >&2; exit 1 ;;\n"
            + "esac\n");
    Outcome outcome =
        run(home.resolve("counterpoint"), Map.of("COUNTERPOINT_JAVA_OPTS", "-Xfoo"), "--version");

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.error()).contains("COUNTERPOINT_JAVA_OPTS", "Unrecognized option: -Xfoo");
  }

  @ParameterizedTest
  @CsvSource({
    "JAVA_TOOL_OPTIONS, -XX:+UseG1GC",
    "JDK_JAVA_OPTIONS, -XX:+UseParallelGC",
    "_JAVA_OPTIONS, -Xmx1g -XX:+UseShenandoahGC",
    "COUNTERPOINT_JAVA_OPTS, @options",
    "JDK_JAVA_OPTIONS, @options",
    "JAVA_TOOL_OPTIONS, -XX:VMOptionsFile=options",
    "JAVA_TOOL_OPTIONS, -XX:Flags=options",
  })
  void collectorOfAnyVariableReplacesTheDefault(String variable, String options) throws Exception {
    Files.writeString(elsewhere.resolve("options"), "-Xms1g\n-XX:+UseZGC\n");

    assertThat(run(home.resolve("counterpoint"), Map.of(variable, options), "--version").out())
        .doesNotContain("UseSerialGC");
  }

  @ParameterizedTest
  @CsvSource({
    "-XX:+UseGCOverheadLimit, [-XX:+UseSerialGC]",
    "-XX:+UseMaximumCompactionOnSystemGC, [-XX:+UseSerialGC]",
    "-Xmx16m, [-XX:+UseSerialGC]",
    "-XX:+UseZGC, [-Xms32m]",
    "-javaagent:a.jar, [-XX:MaxRAMPercentage=",
  })
  void unrelatedOptionKeepsADefault(String option, String expected) throws Exception {
    assertThat(
            run(home.resolve("counterpoint"), Map.of("JAVA_TOOL_OPTIONS", option), "--version")
                .out())
        .contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xmx16m", "-Xms1g", "-XX:MaxHeapSize=16m", "-XX:InitialHeapSize=1g"})
  void heapOfTheUserReplacesTheInitialHeap(String option) throws Exception {
    assertThat(
            run(home.resolve("counterpoint"), Map.of("JAVA_TOOL_OPTIONS", option), "--version")
                .out())
        .doesNotContain("[-Xms32m]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "en_XX.UTF-8", "de_DE.ISO-8859-1", "tr_TR.UTF-8", ""})
  void localeOfJavaIsUtf8(String locale) throws Exception {
    program(
        javaHome.resolve("bin/java"), "#!/bin/bash\necho \"$(locale charmap) ${LC_ALL%%.*} $*\"\n");
    Outcome outcome =
        run(home.resolve("counterpoint"), Map.of("LC_ALL", locale, "LANG", locale), "predict");

    assertThat(outcome.out()).startsWith("UTF-8 ").contains("-Dfile.encoding=UTF-8");
  }

  /** Shims of jenv, asdf and mise are scripts elsewhere that start the java of some JDK. */
  @Test
  void shimOfJavaIsResolvedToItsJdk() throws Exception {
    program(
        javaHome.resolve("bin/java"),
        """
        #!/bin/sh
        case $1 in
          -XshowSettings:properties) echo "    java.home = %s"; echo 'openjdk version "17.0.1"' ;;
          *) echo "started $0" ;;
        esac
        """
            .formatted(javaHome));
    program(
        temporary.resolve("bin/java"),
        "#!/bin/sh\nexec '%s/bin/java' \"$@\"\n".formatted(javaHome));
    Outcome outcome = run(home.resolve("counterpoint"), Map.of("JAVA_HOME", ""), "--version");

    assertThat(outcome.error())
        .isEqualTo("Building Counterpoint (first use, takes a few minutes) ...\n");
    assertThat(outcome.out()).isEqualTo("started " + javaHome.resolve("bin/java") + "\n");
  }

  @Test
  void runtimeWithoutCompilerIsNamed() throws Exception {
    Files.delete(javaHome.resolve("bin/javac"));
    Outcome outcome = launch("--version");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.error()).contains(javaHome.toString(), "JAVA_HOME", "JDK 17");
  }

  @Test
  void aClosedStandardInputIsEmpty() throws Exception {
    launch("--version");
    program(javaHome.resolve("bin/java"), "#!/bin/sh\necho \"$(cat | wc -c)\" bytes\n");
    Path closing = elsewhere.resolve("closing");
    program(
        closing, "#!/bin/bash\nexec '%s' predict <&-\n".formatted(home.resolve("counterpoint")));

    Outcome outcome = run(closing, Map.of());
    assertThat(outcome.out()).contains("0 bytes");
    assertThat(outcome.error()).doesNotContain("descriptor");
  }

  @Test
  void folderForTemporaryFilesIsPassed() throws Exception {
    Map<String, String> variables = Map.of("TMPDIR", elsewhere.toString());

    assertThat(run(home.resolve("counterpoint"), variables, "--version").out())
        .contains("[-Djava.io.tmpdir=" + elsewhere + "]");
  }

  @Test
  void oldJavaIsRejected() throws Exception {
    setJavaVersion("11.0.20");

    Outcome outcome = launch("--version");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.error()).contains("Java 17 or newer", "is 11");
  }

  @Test
  void invalidJavaHomeIsReported() throws Exception {
    Files.delete(javaHome.resolve("bin/java"));

    assertThat(launch("--version").error()).contains("JAVA_HOME is " + javaHome);
  }

  @Test
  void failedBuildShowsItsErrors() throws Exception {
    program(
        temporary.resolve("bin/mvn"),
        """
        #!/bin/sh
        echo "[INFO] compiling"
        echo "[ERROR] /a/New.java:[3,1] class expected"
        echo "[ERROR] Failed to execute goal"
        exit 1
        """);

    Outcome outcome = launch("--version");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.error().lines())
        .containsExactly(
            "Building Counterpoint (first use, takes a few minutes) ...",
            "[ERROR] /a/New.java:[3,1] class expected",
            "counterpoint: The build failed; see " + home.resolve("target/build.log") + ".");
  }

  @Test
  void concurrentStartsBuildOnce() throws Exception {
    ProcessBuilder builder = process(home.resolve("counterpoint"), Map.of(), "--version");
    Process first = builder.start();
    Process second = builder.start();

    assertThat(List.of(first.waitFor(), second.waitFor())).containsExactly(7, 7);
    assertThat(builds()).hasSize(1);
  }

  @Test
  void waitingForAnotherBuildIsReported() throws Exception {
    Path started = temporary.resolve("started");
    Path resume = temporary.resolve("resume");
    program(
        temporary.resolve("bin/mvn"),
        MAVEN
            .replace("#!/bin/sh", "#!/bin/sh\ntouch '%s'; while [ ! -e '%s' ]; do sleep 0.05; done")
            .formatted(started, resume));
    ProcessBuilder builder = process(home.resolve("counterpoint"), Map.of(), "--version");
    Process first = builder.start();
    awaitFile(started, first);
    Process second = builder.redirectErrorStream(true).start();
    String firstLine = second.inputReader().readLine();
    Files.createFile(resume);

    assertThat(firstLine).startsWith("Waiting for another launcher");
    assertThat(List.of(first.waitFor(), second.waitFor())).containsExactly(7, 7);
  }

  private static void awaitFile(Path file, Process process) throws InterruptedException {
    while (!Files.exists(file)) {
      assertThat(process.isAlive()).isTrue();
      Thread.sleep(20);
    }
  }

  @Test
  void withoutTerminalNoTerminalIsPassed() throws Exception {
    assertThat(launch("--version").out()).doesNotContain("counterpoint.terminal");
  }

  @Test
  void terminalAndItsWidthArePassed() throws Exception {
    assertThat(inATerminal("stty cols 132; TERM=xterm"))
        .contains("[-Dcounterpoint.terminal=true]")
        .contains("[-Dcounterpoint.columns=132]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM=dumb", "TERM=", "TERM=xterm NO_COLOR=1", "TERM=xterm 2>/dev/null"})
  void terminalWithoutOverwritingIsNotPassed(String how) throws Exception {
    assertThat(inATerminal(how)).contains("[--version]").doesNotContain("counterpoint.terminal");
  }

  /**
   * Returns what a terminal shows of a start.
   *
   * @param how assignments or redirections before the command
   */
  private String inATerminal(String how) throws Exception {
    assumeThat(Path.of("/usr/bin/script")).as("the script command of util-linux").exists();
    Path file = temporary.resolve("typescript");
    launch("--version"); // builds
    Process process =
        process(
                Path.of("-c"),
                Map.of(),
                "script -qec \"$1\" /dev/null </dev/null",
                "sh",
                how + " '" + home.resolve("counterpoint") + "' --version")
            .redirectErrorStream(true)
            .redirectOutput(file.toFile())
            .start();
    process.waitFor();
    return Files.readString(file);
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(home.resolve("calls"));
  }

  private void setJavaVersion(String version) throws IOException {
    Files.writeString(
        javaHome.resolve("release"),
        "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
  }

  private static void program(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
    path.toFile().setExecutable(true);
  }

  private Outcome launch(String... arguments) throws Exception {
    return run(home.resolve("counterpoint"), Map.of(), arguments);
  }

  private Outcome run(Path script, Map<String, String> environment, String... arguments)
      throws Exception {
    Path error = temporary.resolve("error");
    Process process = process(script, environment, arguments).redirectError(error.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), out, Files.readString(error));
  }

  private ProcessBuilder process(
      Path script, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>(List.of("bash", script.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(elsewhere.toFile());
    builder.environment().put("JAVA_HOME", javaHome.toString());
    builder
        .environment()
        .merge("PATH", temporary.resolve("bin").toString(), (old, bin) -> bin + ":" + old);
    builder.environment().remove("COUNTERPOINT_JAVA_OPTS");
    builder.environment().remove("NO_COLOR");
    builder.environment().remove("TMPDIR");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().putAll(environment);
    return builder;
  }
}
