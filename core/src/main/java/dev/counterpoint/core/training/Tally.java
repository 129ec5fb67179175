package dev.counterpoint.core.training;

import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.metric.Evaluation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What this process has done of a run, for its end. */
final class Tally {
  private long items;
  private long tokens;
  private double seconds;
  private Optional<Evaluation> validation = Optional.empty();

  void add(StepReport report) {
    items += report.items();
    tokens += report.tokens();
    seconds += report.seconds();
  }

  void validated(Optional<Evaluation> evaluation) {
    validation = evaluation;
  }

  TrainingEnd end(Progress progress, @Nullable String stopReason) {
    return new TrainingEnd(
        progress.step(),
        progress.epoch() - 1,
        progress.epochLoss(),
        validation,
        items,
        tokens,
        seconds,
        stopReason);
  }
}
