package dev.counterpoint.runner.cli;

import com.google.inject.Guice;
import com.google.inject.Injector;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.EquivalenceCheck;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.cli.option.NewRunOptions;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Paragraph;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code counterpoint check equivalence}: verifies that the gradient of a batch does not depend on
 * how the batch is split.
 */
@Command(
    name = "equivalence",
    description =
        "Compares the gradient of one batch computed as a whole, in micro-batches, and on 2 and 3"
            + " ranks, and prints the largest difference of each.")
final class CheckEquivalenceCommand extends ConsoleCommand {
  private static final int INDENT = 4;

  @Mixin private final NewRunOptions options = new NewRunOptions();

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Maximum difference of a gradient relative to its largest element (default:"
              + " ${DEFAULT-VALUE}).")
  private double tolerance = 1e-4;

  @Override
  protected void run(Console console) throws IOException {
    Run run = Run.of(options.request());
    run.notes().forEach(console::log);
    Injector wired = Guice.createInjector(new RunModule(run, console));
    try (console;
        DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class)) {
      run.file().training().freeze().forEach(model::freeze);
      EquivalenceCheck.Outcome outcome =
          new EquivalenceCheck(
                  model, data.train(), run.file().training().batchSize(), run.file().seed())
              .run();
      print(outcome, console);
      List<EquivalenceCheck.Finding> failed =
          outcome.findings().stream().filter(finding -> !finding.within(tolerance)).toList();
      if (!failed.isEmpty()) {
        throw new RunFailed(failureMessage(failed.get(0), tolerance));
      }
      console.print("all gradients agree within " + tolerance);
    }
  }

  private static void print(EquivalenceCheck.Outcome outcome, Console console) {
    if (outcome.random()) {
      console.printText(
          Paragraph.of(
              "The model uses random numbers in training, such as for dropout, and draws different"
                  + " ones for each part of a batch. The gradients are therefore compared in"
                  + " evaluation mode. Batch statistics, such as in batch norm, are not checked in"
                  + " this mode."));
    }
    outcome.findings().forEach(finding -> console.printText(line(finding)));
  }

  static String line(EquivalenceCheck.Finding finding) {
    return Paragraph.of(
        Formats.of(
            "%s: loss differs by %.1e, gradient by at most %.1e (%s)",
            finding.way(), finding.loss(), finding.gradient(), finding.parameter()),
        INDENT);
  }

  static String failureMessage(EquivalenceCheck.Finding finding, double tolerance) {
    String text =
        Formats.of(
            "The gradient of a batch depends on how the batch is split: with %s the loss differs by"
                + " %.1e, and the gradient of %s by %.1e of its largest element; the limit is %s"
                + " (--tolerance). A layer or the loss mixes the examples of a batch, such as batch"
                + " norm or a loss that returns a mean. A loss must return the sum over the"
                + " examples and its weight.",
            finding.way(), finding.loss(), finding.parameter(), finding.gradient(), tolerance);
    return Paragraph.behind(Failures.PREFIX, text);
  }
}
