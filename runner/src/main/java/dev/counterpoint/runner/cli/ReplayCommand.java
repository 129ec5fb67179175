package dev.counterpoint.runner.cli;

import ai.djl.Device;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.snapshot.Replay;
import dev.counterpoint.core.snapshot.StepSnapshot;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code counterpoint replay}: repeats the training step of a snapshot to find the layer whose
 * output is not finite.
 */
@Command(
    name = "replay",
    description =
        "Repeats a training step from its snapshot and prints the first layer with a non-finite"
            + " output, or the largest gradients. A run saves snapshots of steps with a non-finite"
            + " loss or gradient, and of gradient spikes.")
final class ReplayCommand extends ConsoleCommand {
  private static final int SHOWN_GRADIENTS = 5;

  @Parameters(
      paramLabel = "STEP_SNAPSHOT",
      description = "A folder such as RUN_DIR/snapshots/step-00000298.")
  private Path folder = Path.of("");

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    StepSnapshot snapshot = StepSnapshot.read(folder);
    console.print(
        "step %d, %s in %s: %s",
        snapshot.step(),
        Formats.count(snapshot.examples().size(), "example"),
        count(snapshot.batches().size()),
        ControlCharacterEscaper.of(snapshot.reason()));
    try (BaseModel model = model()) {
      print(new Replay(folder, model).run(), console);
    }
  }

  private static String count(int microBatches) {
    return microBatches + (microBatches == 1 ? " micro-batch" : " micro-batches");
  }

  private BaseModel model() throws IOException {
    Path directory =
        folder.toAbsolutePath().resolve("../..").normalize(); // RUN_DIR/snapshots/step-N
    RunCode code = new RunCode(directory, ModelFolder.classpath(folder));
    Binder binder = new Binder(Catalogs.all(), code.open(classpath.paths(), classpath.trust()));
    ModelFolder.Config config = ModelFolder.config(folder, binder);
    Path file = folder.resolve(RunDirectory.RUN_FILE);
    SettingsTree tree = SettingsTree.load(file.toString(), Utf8File.read(file), List.of());
    RunFile run = binder.bind(tree, RunFile.class);
    BaseModel model = config.model().build(config.data());
    Loss loss = run.loss();
    if (loss != null) {
      model.replaceLoss(loss);
    }
    model.setPrecision(run.training().precision());
    StepSnapshot.checkWeights(folder, model.parameters());
    model.initialize(Device.cpu(), run.seed());
    run.training().freeze().forEach(model::freeze);
    return model;
  }

  private static void print(Replay.Outcome outcome, Console console) {
    StepSnapshot snapshot = outcome.snapshot();
    console.print(
        "loss %s (in the run %s), gradient norm %s (in the run %s)",
        outcome.loss(), snapshot.loss(), outcome.gradientNorm(), snapshot.gradientNorm());
    if (outcome.firstNonFinite().isPresent()) {
      console.print("first non-finite layer: " + outcome.firstNonFinite().get());
    } else {
      console.print("all outputs and gradients are finite; largest gradients:");
      outcome.gradients().stream()
          .limit(SHOWN_GRADIENTS)
          .forEach(each -> console.print("  %s: norm %.4g", each.parameter(), each.norm()));
    }
  }
}
