package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.option.NewFile;
import dev.counterpoint.runner.cli.option.SparkOptions;
import dev.counterpoint.runner.machine.EngineStart;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.JavaFile;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.Threads;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code counterpoint train}: trains in this process, as a single process or as one rank, starts
 * the processes of a distributed run, or submits a Spark job.
 */
@Command(name = "train", description = "Trains the model of a run file, or resumes a run.")
public final class TrainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "RUN",
      description =
          "A built-in experiment, a run file (YAML), the folder of an experiment, a Java file, or a"
              + " run directory to resume.")
  private String name = "";

  @Option(
      names = "--from",
      paramLabel = "EXPERIMENT",
      description =
          "The experiment or run file that a Java file changes. Default: "
              + JavaFile.EXPERIMENT
              + ".")
  private @Nullable String from;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides a run-file value, as training.epochs=5. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "The run directory. Default: runs/NAME-TIME.")
  private @Nullable Path output;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Appends loss, gradient norm and learning rate of each step to a file, bit for bit.")
  private @Nullable Path trace;

  @Option(
      names = "--exact",
      description =
          "Resumes only if the result has the same bits as without an interruption: same threads,"
              + " workers, CPU features, precision path and libtorch.")
  private boolean exact;

  @Option(
      names = "--until",
      paramLabel = "STEP",
      hidden = true,
      description = "Stops after this step, without a validation. For reproduce.")
  private long until = Long.MAX_VALUE;

  @Option(names = "--validate", hidden = true, description = "Validates after the step of --until.")
  private boolean validate;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Mixin private final QuickChecks checks = new QuickChecks();

  @Mixin private final MultiNodeOptions machines = new MultiNodeOptions();

  @Mixin private final SparkOptions spark = new SparkOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Run.Request request =
        new Run.Request(name, sets, classpath.paths(), output, classpath.trustsCode(), false);
    List<String> command = command(request);
    Console console = Consoles.of(spec);
    Optional<EngineStart> engine = // loads libtorch while the file is compiled
        JavaFile.isNamedBy(request) ? Optional.of(EngineStart.begin()) : Optional.empty();
    Optional<JavaFile> java = JavaFile.of(request, from);
    if (java.isPresent() && java.get().isProgram()) {
      requireNoOptions();
      engine.orElseThrow().await();
      java.get().run();
      return ExitCode.SUCCESS;
    }
    request = java.isPresent() ? java.get().request() : request;
    if (trace != null) {
      NewFile.requireFolder("--trace", trace);
    }
    SparkLaunch cluster = new SparkLaunch(spark, request);
    if (cluster.isRequested()) {
      return cluster.run(Objects.requireNonNull(spec));
    }
    ParentWatchdog watchdog = ParentWatchdog.of(System.getenv());
    Optional<RankEnvironment> rank = RankEnvironment.of(System.getenv());
    Run run =
        checks.applyTo(
            open(rank.isPresent() ? request.joining() : request, java), output, rank.isPresent());
    if (java.isPresent() && rank.isEmpty()) {
      console.log("The run file:\n" + run.binder().toYaml(run.file()));
    }
    if (rank.isEmpty() && machines.isDistributed(run)) {
      Threads.check(run, System.getenv());
      return new DistributedLaunch(
              request, checks, machines, console, Objects.requireNonNull(spec).commandLine())
          .call(run);
    }
    engine.ifPresent(EngineStart::await);
    TrainingProcess.Options options =
        new TrainingProcess.Options(
            trace, exact, until, validate, checks.shortTraining(), checks.detectsAnomaly());
    return new TrainingProcess(run, command, options, console).run(rank, watchdog);
  }

  private static Run open(Run.Request request, Optional<JavaFile> java) throws IOException {
    try {
      return Run.of(request);
    } catch (InvalidSettings e) {
      throw java.map(it -> it.located(e)).orElse(e);
    }
  }

  /** Rejects options, because a program decides itself what it trains. */
  private void requireNoOptions() {
    List<String> unused =
        Objects.requireNonNull(spec).commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(option -> !List.of("--classpath", "--debug").contains(option))
            .toList();
    if (!unused.isEmpty()) {
      throw new InvalidSettings(
          "%s has a main method, so it is started as a program: %s cannot be used.",
          name, String.join(", ", unused));
    }
  }

  /** The command line to record in the provenance. */
  private List<String> command(Run.Request request) {
    List<String> command = new ArrayList<>(List.of("train"));
    command.addAll(request.arguments());
    if (from != null) {
      command.addAll(List.of("--from", from));
    }
    return command;
  }
}
