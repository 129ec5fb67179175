package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.LauncherCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Prints the progress of a training run: a progress bar on a terminal, otherwise at most one plain
 * line per tenth of the run and one per validation. The loss of a plain line is the mean since the
 * previous line; the bar shows a moving average over the latest steps.
 *
 * <p>The metrics of a validation after the last step are not printed: they are a result of the run,
 * which the command prints. Gradient spikes are counted and printed as one line at the end.
 */
public final class TrainingProgress implements Callback {
  private static final int PLAIN_LINES = 10;
  private static final long REDRAW_NANOS = 200_000_000;

  private final Console console;
  private final int every;
  private final Supplier<String> contention;
  private final RecentSteps recent = new RecentSteps();
  private final List<Path> snapshots = new ArrayList<>();
  private long totalSteps;
  private long stepsPerEpoch;
  private long firstStep;
  private double loss; // sum since the previous plain line
  private double weight;
  private final Map<String, Double> auxiliary = new TreeMap<>(); // sums likewise
  private @Nullable StepReport lastStep;
  private boolean linePending;
  private boolean showsBar;
  private long shownNanos;

  /**
   * Prints progress to a console.
   *
   * @param every plain lines are printed at multiples of this number of steps
   * @param contention text at the end of a line, such as what slows the training down
   */
  public TrainingProgress(Console console, int every, Supplier<String> contention) {
    this.console = console;
    this.every = every;
    this.contention = contention;
  }

  @Override
  public void onStart(TrainingStart start) {
    totalSteps = start.totalSteps();
    stepsPerEpoch = start.stepsPerEpoch();
    firstStep = start.step();
    start.skipped().forEach(console::log);
    if (start.endReason() != null) {
      console.log(
          "This run is finished: " + start.endReason() + ". There are no steps left to train.");
    } else if (start.step() > 0) {
      console.log("Resuming after step " + start.step() + " of " + totalSteps + ".");
    }
    showsBar = console.terminal() && start.endReason() == null;
    if (showsBar) {
      show(start.step(), "");
    }
  }

  @Override
  public void onSnapshot(SnapshotReport report) {
    snapshots.add(report.folder());
  }

  /** Returns a sentence with the command that replays a step snapshot. */
  public static String replay(Path snapshot) {
    return "Snapshot saved; inspect it with: " + LauncherCommand.line("replay", snapshot);
  }

  @Override
  public void onStep(StepReport report) {
    printPendingLine();
    recent.add(report);
    lastStep = report;
    loss += report.loss() * report.weight();
    weight += report.weight();
    report
        .auxiliary()
        .forEach((name, mean) -> auxiliary.merge(name, mean * report.weight(), Double::sum));
    boolean endsEpoch = // a validation may follow
        report.step() % stepsPerEpoch == 0 || report.step() == totalSteps;
    if (showsBar && (endsEpoch || System.nanoTime() - shownNanos > REDRAW_NANOS)) {
      show(
          report.step(),
          ", loss " + Formats.number(recent.loss()) + pace(totalSteps - report.step()));
    }
    if (report.step() == firstStep + 1) {
      printLine(report, "");
    } else if (report.step() % plainEvery() == 0) {
      linePending = true;
      if (!endsEpoch) {
        printPendingLine();
      }
    }
  }

  private void show(long step, String figures) {
    console.status(TrainingBar.line(step, totalSteps, figures, console.statusWidth()));
    shownNanos = System.nanoTime();
  }

  private void printPendingLine() {
    if (linePending && lastStep != null) {
      printLine(lastStep, "");
    }
  }

  private void printLine(StepReport report, String validation) {
    String line =
        Formats.of(
            "step %d of %d, epoch %d: loss %.4f%s%s, learning rate %s%s",
            report.step(),
            totalSteps,
            report.epoch(),
            loss / weight,
            parts(),
            validation,
            Formats.learningRate(report.learningRate()),
            pace(totalSteps - report.step()));
    if (!showsBar) {
      console.log(line);
    } else {
      console.record("INFO", line);
    }
    loss = 0;
    weight = 0;
    auxiliary.clear();
    linePending = false;
  }

  /** Formats the auxiliary losses, which are part of the loss. */
  private String parts() {
    return auxiliary.isEmpty()
        ? ""
        : auxiliary.entrySet().stream()
            .map(it -> Formats.of("%s %.4f", it.getKey(), it.getValue() / weight))
            .collect(Collectors.joining(", ", " (including ", ")"));
  }

  /** Formats the current speed and the time left, if enough steps have been measured. */
  private String pace(long remainingSteps) {
    StringBuilder pace = new StringBuilder();
    recent
        .examplesPerSecond()
        .ifPresent(speed -> pace.append(Formats.of(", %.0f examples/s", speed)));
    recent
        .secondsFor(remainingSteps)
        .ifPresent(left -> pace.append(", ").append(Formats.duration(left)).append(" left"));
    return pace.append(contention.get()).toString();
  }

  /** Returns the smallest multiple of the report interval that is at least a tenth of the run. */
  private long plainEvery() {
    long interval = (long) every * PLAIN_LINES;
    return Math.max(1, (totalSteps + interval - 1) / interval) * every;
  }

  @Override
  public void onValidation(ValidationReport report) {
    boolean last = report.step() == totalSteps;
    String metrics = "validation " + Formats.line(report.evaluation().values());
    if (!showsBar && lastStep != null && weight > 0) {
      printLine(lastStep, last ? "" : ", " + metrics);
    } else if (!last) {
      console.log(
          "step %d of %d, epoch %d: %s", report.step(), totalSteps, report.epoch(), metrics);
    }
  }

  @Override
  public void onEnd(TrainingEnd end) {
    printPendingLine();
    if (showsBar) {
      console.status("");
      showsBar = false;
    }
    if (!snapshots.isEmpty()) {
      Path first = snapshots.get(0);
      console.log(
          "Snapshots of %s saved in %s; inspect one with: %s",
          Formats.count(snapshots.size(), "gradient spike"),
          first.resolveSibling(""),
          LauncherCommand.line("replay", first));
    }
  }
}
