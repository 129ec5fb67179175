package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
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
  private @Nullable ProgressBar bar;

  /**
   * Shows it on a console.
   *
   * @param every steps between two looks at the figures
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
      bar =
          new ProgressBarBuilder()
              .setTaskName("training")
              .setInitialMax(totalSteps)
              .startsFrom(start.step(), Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
  }

  @Override
  public void onStep(StepReport report) {
    seconds += report.seconds();
    items += report.items();
    if (bar != null) {
      bar.stepTo(report.step());
      if (report.step() % every == 0) {
        bar.setExtraMessage(
            String.format(Locale.ROOT, " loss %.4f, %.0f items/s", report.loss(), items / seconds));
      }
    } else if (report.step() % plainEvery() == 0 || report.step() == firstStep + 1) {
      double left = (totalSteps - report.step()) * seconds / (report.step() - firstStep);
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
              Figures.duration(left)));
    }
  }

  /** A multiple of the report interval that gives some twenty lines a run. */
  private long plainEvery() {
    return Math.max(1, Math.round((double) totalSteps / PLAIN_LINES / every)) * every;
  }

  @Override
  public void onValidation(ValidationReport report) {
    String line =
        "epoch " + report.epoch() + ": validation " + Figures.line(report.evaluation().values());
    if (bar != null) {
      // The bar redraws itself below.
      System.err.print("\r\u001b[K");
    }
    console.say(line);
  }

  @Override
  public void onEnd(TrainingEnd end) {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
