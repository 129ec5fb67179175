package dev.counterpoint.runner.cli.train;

import dev.counterpoint.runner.cli.option.GivenOptions;
import dev.counterpoint.runner.cli.option.SparkOptions;
import dev.counterpoint.runner.launch.RunBundle;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.spark.SparkTraining;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** Trains on a Spark cluster, or writes the plan of such a job. */
record SparkLaunch(SparkOptions options, Run.Request request) {
  /** The options that can be combined with Spark, which starts the processes itself. */
  private static final List<String> ALLOWED =
      List.of("--set", "--output", "--classpath", "--trust-code");

  /** Whether training on Spark, or its plan, is requested. */
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
    Run planned = Run.of(SparkOptions.distributed(request));
    RunBundle.pack(planned, options.plan().get());
    planned.trust().add(planned.code().hashes(), planned.queries(), planned.servers());
    return 0;
  }
}
