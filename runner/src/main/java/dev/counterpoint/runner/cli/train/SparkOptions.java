package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.launch.RunBundle;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.spark.SparkSubmission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of {@code train} for Apache Spark. */
final class SparkOptions {
  private static final String TYPE = "strategy.type";

  /** Spark starts the processes, which the other options are about. */
  private static final List<String> USED =
      List.of("--spark", "--conf", "--set", "--output", "--classpath", "--trust-code", "--debug");

  @Option(
      names = "--spark",
      paramLabel = "MASTER_URL",
      description =
          "Trains on Apache Spark, one task per rank: spark://HOST:PORT, yarn, k8s://..., local[N].")
  private @Nullable String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description =
          "A Spark property, as in spark-submit --conf. Requires --spark. May be repeated.")
  private List<String> conf = new ArrayList<>();

  @Option(
      names = "--plan",
      hidden = true,
      description = "Writes the plan of a Spark job to a folder instead of training.")
  private @Nullable Path plan;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** Whether the command trains on Spark or writes the plan of a Spark job. */
  boolean isRequested() {
    if (master == null && !conf.isEmpty()) {
      throw new InvalidSettings("--conf requires --spark MASTER_URL.");
    }
    if (master != null) {
      for (OptionSpec option :
          Objects.requireNonNull(spec).commandLine().getParseResult().matchedOptions()) {
        if (!USED.contains(option.longestName())) {
          throw new InvalidSettings(
              "%s cannot be combined with --spark. Allowed: %s.",
              option.longestName(), String.join(", ", USED));
        }
      }
    }
    return master != null || plan != null;
  }

  /**
   * Trains on the cluster, or writes the plan of the job.
   *
   * @param run the run that the command line requests
   * @return the exit code
   */
  int run(Run.Request run) throws IOException {
    if (plan != null) {
      Run planned = Run.of(distributed(run));
      RunBundle.pack(planned, plan);
      planned.trust().add(planned.code().hashes(), planned.queries(), planned.servers());
      return ExitCode.SUCCESS;
    }
    SparkSubmission submission =
        SparkSubmission.find(System.getenv())
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "--spark requires Apache Spark 4.2 for Scala 2.13. Set SPARK_HOME to its"
                            + " folder, which contains jars/spark-core_2.13-*.jar."));
    List<String> settings = conf.stream().flatMap(it -> List.of("--conf", it).stream()).toList();
    SparkSubmission.Driver driver =
        submission.start(
            new SparkSubmission.Request(
                LauncherCommand.path(), Objects.requireNonNull(master), settings, arguments(run)));
    for (String signal : List.of("INT", "TERM")) {
      org.jline.utils.Signals.register(signal, () -> driver.stop(signal));
    }
    return driver.await();
  }

  /** Makes a new run distributed; a resumed run already is. */
  private static Run.Request distributed(Run.Request run) {
    if (Files.isDirectory(Path.of(run.run()))
        || run.sets().stream().anyMatch(set -> set.startsWith(TYPE + "="))) {
      return run;
    }
    List<String> sets = new ArrayList<>(List.of(TYPE + "=distributed"));
    sets.addAll(run.sets());
    return run.with(sets);
  }

  private List<String> arguments(Run.Request run) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(run.arguments());
    arguments.addAll(TrainCommand.forwarded(Objects.requireNonNull(spec), Set.of("--output")));
    return arguments;
  }
}
