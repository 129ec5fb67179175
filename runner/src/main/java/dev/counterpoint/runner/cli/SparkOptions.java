package dev.counterpoint.runner.cli;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.spark.SparkSubmission;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.TravellingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The options of {@code train} for a cluster. */
final class SparkOptions {
  private static final String TYPE = "strategy.type";

  @Option(
      names = "--spark",
      paramLabel = "MASTER_URL",
      description =
          "Trains on Apache Spark, one rank a task: spark://HOST:PORT, yarn, k8s://..., local[N].")
  private @Nullable String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A setting of Spark's. May be repeated.")
  private List<String> conf = new ArrayList<>();

  @Option(names = "--plan", hidden = true, description = "Writes what a job must know of the run.")
  private @Nullable Path plan;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  /** Whether the training is not for this process. */
  boolean asked() {
    if (master == null && !conf.isEmpty()) {
      throw new InvalidSettings("--conf is for Spark: it needs --spark MASTER_URL.");
    }
    return master != null || plan != null;
  }

  /**
   * Trains on the cluster, or only says what the run is.
   *
   * @param run what was asked for, were it for this process
   */
  int carryOut(Run.Request run) throws IOException {
    if (plan != null) {
      TravellingRun.pack(Run.of(distributed(run)), plan);
      return ExitCode.DONE;
    }
    SparkSubmission submission =
        SparkSubmission.find(System.getenv())
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "--spark needs Apache Spark 4.2 for Scala 2.13: set SPARK_HOME to its"
                            + " folder, which has jars/spark-core_2.13-*.jar."));
    List<String> settings = conf.stream().flatMap(it -> List.of("--conf", it).stream()).toList();
    return submission.run(Objects.requireNonNull(master), settings, words(run));
  }

  /** A run that begins here is made for several processes; one that goes on is already. */
  private static Run.Request distributed(Run.Request run) {
    if (Files.isDirectory(Path.of(run.run()))
        || run.sets().stream().anyMatch(set -> set.startsWith(TYPE + "="))) {
      return run;
    }
    List<String> sets = new ArrayList<>(List.of(TYPE + "=distributed"));
    sets.addAll(run.sets());
    return new Run.Request(run.run(), sets, run.classpath(), run.output());
  }

  private List<String> words(Run.Request run) {
    List<String> words = new ArrayList<>(List.of("train", run.run()));
    run.sets().forEach(set -> words.addAll(List.of("--set", set)));
    run.classpath().forEach(path -> words.addAll(List.of("--classpath", path.toString())));
    ParseResult parsed = Objects.requireNonNull(spec).commandLine().getParseResult();
    if (parsed.hasMatchedOption("--output")) {
      OptionSpec output = parsed.matchedOption("--output");
      words.addAll(List.of("--output", output.originalStringValues().get(0))); // a URI is no path
    }
    return words;
  }
}
