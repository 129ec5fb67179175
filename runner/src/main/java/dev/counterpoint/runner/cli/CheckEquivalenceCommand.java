package dev.counterpoint.runner.cli;

import com.google.inject.Guice;
import com.google.inject.Injector;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.EquivalenceCheck;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Paragraph;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint check equivalence}: a batch has one gradient, however it is computed. */
@Command(
    name = "equivalence",
    description =
        "Compares the gradient of one batch computed at once, in micro-batches, and on 2 and 3"
            + " ranks, and says where and by how much they differ.")
final class CheckEquivalenceCommand implements Callable<Integer> {
  private static final int INDENT = 4;

  @Mixin private final NewRunOptions begun = new NewRunOptions();

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "How far a gradient may be off, as a part of its largest element (default:"
              + " ${DEFAULT-VALUE}).")
  private double tolerance = 1e-4;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Run run = Run.of(new Run.Request(begun.name(), begun.sets(), begun.classpath(), null));
    Console console = Consoles.of(spec);
    Injector wired = Guice.createInjector(new RunModule(run, console));
    try (console;
        DataSplits data = wired.getInstance(DataSplits.class);
        BaseModel model = wired.getInstance(BaseModel.class)) {
      run.file().training().freeze().forEach(model::freeze);
      EquivalenceCheck.Outcome outcome =
          new EquivalenceCheck(
                  model, data.train(), run.file().training().batchSize(), run.file().seed())
              .run();
      tell(outcome, console);
      List<EquivalenceCheck.Finding> off =
          outcome.findings().stream().filter(finding -> !finding.within(tolerance)).toList();
      if (!off.isEmpty()) {
        throw new RunFailed(refusal(off.get(0), tolerance));
      }
      console.print("all agree within " + tolerance);
      return ExitCode.DONE;
    }
  }

  private static void tell(EquivalenceCheck.Outcome outcome, Console console) {
    if (outcome.random()) {
      console.print(
          Paragraph.of(
              "The model draws in training, as for dropout, anew for each part of a batch. That is"
                  + " off here, as in a validation; batch statistics, if it has any, are not seen"
                  + " then."));
    }
    outcome.findings().forEach(finding -> console.print(line(finding)));
  }

  static String line(EquivalenceCheck.Finding finding) {
    return Paragraph.of(
        String.format(
            Locale.ROOT,
            "%s: loss off by %.1e, gradient by at most %.1e, in %s",
            finding.way(),
            finding.loss(),
            finding.gradient(),
            finding.parameter()),
        INDENT);
  }

  static String refusal(EquivalenceCheck.Finding finding, double tolerance) {
    String text =
        String.format(
            Locale.ROOT,
            "The gradient of a batch depends on how it is cut: with %s the loss is off by %.1e, and the"
                + " gradient of %s by %.1e of its largest element; %s is allowed (--tolerance). Something"
                + " in the model or the loss computes over the items of a batch together, as batch norm"
                + " does or a loss that is a mean already: a loss must be a sum over items and its"
                + " weight.",
            finding.way(),
            finding.loss(),
            finding.parameter(),
            finding.gradient(),
            tolerance);
    return Paragraph.behind(Failures.PREFIX, text);
  }
}
