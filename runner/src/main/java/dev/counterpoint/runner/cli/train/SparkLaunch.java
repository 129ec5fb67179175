package dev.counterpoint.runner.cli.train;

import dev.counterpoint.runner.cli.option.GivenOptions;
import dev.counterpoint.runner.cli.option.SparkOptions;
import dev.counterpoint.runner.launch.RunBundle;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.spark.SparkTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** Trains on a Spark cluster, or writes the plan of such a job. */
record SparkLaunch(SparkOptions options, Run.Request request) {
  private static final String TYPE = "strategy.type";

  /** Spark starts the processes, which the other options are about. */
  private static final List<String> ALLOWED =
      List.of("--set", "--output", "--classpath", "--trust-code");

  /** Whether one of both is requested. */
  boolean isRequested() {
    return options.isRequested(ALLOWED) || options.plan().isPresent();
  }

  /** Returns the exit code. */
  int run(CommandSpec spec) throws IOException {
    if (options.plan().isEmpty()) {
      List<String> arguments = new ArrayList<>(List.of("train"));
      arguments.addAll(request.arguments());
      arguments.addAll(GivenOptions.of(spec, List.of("--output")));
      return options.submit(SparkTraining.class, arguments);
    }
    Run planned = Run.of(distributed());
    RunBundle.pack(planned, options.plan().get());
    planned.trust().add(planned.code().hashes(), planned.queries(), planned.servers());
    return 0;
  }

  /** Makes a new run distributed; a resumed run already is. */
  private Run.Request distributed() {
    if (Files.isDirectory(Path.of(request.run()))
        || request.sets().stream().anyMatch(set -> set.startsWith(TYPE + "="))) {
      return request;
    }
    List<String> sets = new ArrayList<>(List.of(TYPE + "=distributed"));
    sets.addAll(request.sets());
    return request.with(sets);
  }
}
