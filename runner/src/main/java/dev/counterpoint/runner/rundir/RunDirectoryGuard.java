package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.ValidationReport;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Ends a run whose directory somebody removes: else what it goes on writing would be in the way of
 * that, and stay behind as half a run. It must be told before those that write.
 */
public record RunDirectoryGuard(RunDirectory directory) implements Callback.Flushable {
  @Override
  public void onStep(StepReport report) {
    require();
  }

  @Override
  public void onValidation(ValidationReport report) {
    require();
  }

  @Override
  public void onEnd(TrainingEnd end) {
    require();
  }

  private void require() {
    try {
      directory.requireThere();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** It has written nothing, but no checkpoint is to be made either. */
  @Override
  public void sync() throws IOException {
    directory.requireThere();
  }
}
