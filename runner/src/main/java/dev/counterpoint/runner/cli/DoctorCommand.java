package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.machine.DoctorReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint doctor}: reports on the machine and the engine, and runs a self-check. */
@Command(
    name = "doctor",
    description =
        "Shows the machine and the engine, and checks that the engine computes correctly.")
final class DoctorCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    DoctorReport report = DoctorReport.run(ManagementFactory.getRuntimeMXBean().getStartTime());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report));
    } else {
      new DoctorFormatter(out).write(report);
    }
    report.problems().forEach(problem -> Failures.printError(spec.commandLine(), problem));
    return report.problems().isEmpty() ? ExitCode.SUCCESS : ExitCode.RUN_FAILED;
  }
}
