package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CapsuleReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows a training: one bar on a terminal, a plain line every so often elsewhere. */
public final class TrainingProgress implements Callback {
  private static final int PLAIN_LINES = 20;

  private final Console console;
  private final int every;
  private long totalSteps;
  private long firstStep;
  private double seconds;
  private long items;
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
  public void onCapsule(CapsuleReport report) {
    console.say(report.message());
  }

  @Override
  public void onStep(StepReport report) {
    seconds += report.seconds();
    items += report.items();
    if (bar != null) {
      double speed = items / seconds;
      double left = secondsLeft(report.step());
      bar.show(report.step(), () -> figures(report, speed, left));
    } else if (report.step() % plainEvery() == 0 || report.step() == firstStep + 1) {
      console.say(
          String.format(
              Locale.ROOT,
              "step %d of %d, epoch %d: loss %.4f, rate %s, %.0f items/s, %s left",
              report.step(),
              totalSteps,
              report.epoch(),
              report.loss(),
              Figures.rate(report.learningRate()),
              items / seconds,
              Figures.duration(secondsLeft(report.step()))));
    }
  }

  private static String figures(StepReport report, double speed, double left) {
    return String.format(
        Locale.ROOT,
        ", loss %.4f, %.0f items/s, %s left",
        report.loss(),
        speed,
        Figures.duration(left));
  }

  private double secondsLeft(long step) {
    return (totalSteps - step) * seconds / (step - firstStep);
  }

  /** A multiple of the report interval that gives some twenty lines a run. */
  private long plainEvery() {
    return Math.max(1, Math.round((double) totalSteps / PLAIN_LINES / every)) * every;
  }

  @Override
  public void onValidation(ValidationReport report) {
    console.say(
        "epoch " + report.epoch() + ": validation " + Figures.line(report.evaluation().values()));
  }

  @Override
  public void onEnd(TrainingEnd end) {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
