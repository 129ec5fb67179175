package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.spark.SparkSubmission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of the commands that can run as a job of Apache Spark. */
public final class SparkOptions {
  private static final String TYPE = "strategy.type";

  @Option(
      names = "--spark",
      paramLabel = "MASTER_URL",
      description =
          "Runs on Apache Spark: spark://HOST:PORT, yarn, k8s://..., local[N]. A training has one"
              + " task per rank, a prediction one per file of --data.")
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
      description = "Writes the plan of a Spark job to a folder instead of running it.")
  private @Nullable Path plan;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** Makes a new run distributed; a resumed run is distributed already. */
  public static Run.Request distributed(Run.Request request) {
    if (Files.isDirectory(Path.of(request.run()))
        || request.sets().stream().anyMatch(set -> set.startsWith(TYPE + "="))) {
      return request;
    }
    List<String> sets = new ArrayList<>(List.of(TYPE + "=distributed"));
    sets.addAll(request.sets());
    return request.with(sets);
  }

  /** The folder into which the command writes the plan of a job, which it does not run. */
  public Optional<Path> plan() {
    return Optional.ofNullable(plan);
  }

  /** The given options, as arguments of another command; empty if it runs on this machine. */
  public List<String> arguments() {
    requireMaster();
    return master == null
        ? List.of()
        : Stream.concat(Stream.of("--spark", master), settings()).toList();
  }

  /**
   * Whether the command runs on Spark.
   *
   * @param allowed the other options that may be given then
   */
  public boolean isRequested(List<String> allowed) {
    requireMaster();
    if (master != null) {
      for (OptionSpec option :
          Objects.requireNonNull(spec).commandLine().getParseResult().matchedOptions()) {
        String name = option.longestName();
        if (!allowed.contains(name) && !List.of("--spark", "--conf", "--debug").contains(name)) {
          throw new InvalidSettings(
              "%s cannot be combined with --spark. Allowed: %s.", name, String.join(", ", allowed));
        }
      }
    }
    return master != null;
  }

  private void requireMaster() {
    if (master == null && !conf.isEmpty()) {
      throw new InvalidSettings("--conf requires --spark MASTER_URL.");
    }
  }

  private Stream<String> settings() {
    return conf.stream().flatMap(it -> Stream.of("--conf", it));
  }

  /**
   * Runs the job.
   *
   * @param driver its main class
   * @param arguments of the driver, the command first
   * @return the exit code
   */
  public int submit(Class<?> driver, List<String> arguments) throws IOException {
    SparkSubmission submission =
        SparkSubmission.find(System.getenv())
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "--spark requires Apache Spark 4.2 for Scala 2.13. Set SPARK_HOME to its"
                            + " folder, which contains jars/spark-core_2.13-*.jar."));
    SparkSubmission.Driver started =
        submission.start(
            new SparkSubmission.Request(
                LauncherCommand.path(),
                Objects.requireNonNull(master),
                settings().toList(),
                driver,
                arguments));
    ParentWatchdog.of(System.getenv()).onStop(started::stop);
    for (String signal : List.of("INT", "TERM")) {
      org.jline.utils.Signals.register(signal, () -> started.stop(signal));
    }
    return started.await();
  }
}
