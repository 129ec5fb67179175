package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.runner.LauncherCommand;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows a training: one bar on a terminal, a plain line every so often elsewhere. The loss of a
 * plain line is the mean since the line before, that of the bar a mean over the latest steps.
 */
public final class TrainingProgress implements Callback {
  private static final int PLAIN_LINES = 20;

  private final Console console;
  private final int every;
  private final RecentSteps recent = new RecentSteps();
  private long totalSteps;
  private long firstStep;
  private double loss; // since the plain line before
  private double weight;
  private @Nullable TrainingBar bar;

  /**
   * Shows it on a console.
   *
   * @param every plain lines come at multiples of so many steps
   */
  public TrainingProgress(Console console, int every) {
    this.console = console;
    this.every = every;
  }

  @Override
  public void onStart(TrainingStart start) {
    totalSteps = start.totalSteps();
    firstStep = start.step();
    start.passedOver().forEach(console::say);
    if (start.ended() != null) {
      console.say("This run has ended: " + start.ended() + ". No step is left to train.");
    } else if (start.step() > 0) {
      console.say("Going on after step " + start.step() + " of " + totalSteps + ".");
    }
    if (console.terminal() && start.ended() == null) {
      bar = new TrainingBar(console, start.step(), totalSteps);
    }
  }

  @Override
  public void onSnapshot(SnapshotReport report) {
    console.say(report.message() + " " + replay(report.folder()));
  }

  /** How a step that was kept can be looked at. */
  public static String replay(Path snapshot) {
    return "It is kept: " + LauncherCommand.line("replay", snapshot);
  }

  @Override
  public void onStep(StepReport report) {
    recent.add(report);
    loss += report.loss() * report.weight();
    weight += report.weight();
    Supplier<String> pace = pace(totalSteps - report.step());
    if (bar != null) {
      double recentLoss = recent.loss();
      bar.show(report.step(), () -> ", loss " + Formats.number(recentLoss) + pace.get());
    } else if (report.step() % plainEvery() == 0 || report.step() == firstStep + 1) {
      console.say(
          String.format(
              Locale.ROOT,
              "step %d of %d, epoch %d: loss %.4f, rate %s%s",
              report.step(),
              totalSteps,
              report.epoch(),
              loss / weight,
              Formats.rate(report.learningRate()),
              pace.get()));
      loss = 0;
      weight = 0;
    }
  }

  /** Speed and time left as of now, as far as there is something to go by. */
  private Supplier<String> pace(long stepsToCome) {
    OptionalDouble itemsPerSecond = recent.itemsPerSecond();
    OptionalDouble seconds = recent.secondsFor(stepsToCome);
    return () -> {
      StringBuilder pace = new StringBuilder();
      itemsPerSecond.ifPresent(
          speed -> pace.append(String.format(Locale.ROOT, ", %.0f items/s", speed)));
      seconds.ifPresent(left -> pace.append(", ").append(Formats.duration(left)).append(" left"));
      return pace.toString();
    };
  }

  /** A multiple of the report interval that gives some twenty lines a run. */
  private long plainEvery() {
    return Math.max(1, Math.round((double) totalSteps / PLAIN_LINES / every)) * every;
  }

  @Override
  public void onValidation(ValidationReport report) {
    console.say(
        "epoch " + report.epoch() + ": validation " + Formats.line(report.evaluation().values()));
  }

  @Override
  public void onEnd(TrainingEnd end) {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
