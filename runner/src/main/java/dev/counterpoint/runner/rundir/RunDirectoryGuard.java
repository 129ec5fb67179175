package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.ValidationReport;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Stops training if its run directory is deleted. Otherwise later writes would recreate parts of
 * it. This callback must be called before the callbacks that write files.
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
      directory.requireExists();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Prevents a checkpoint from being written to a deleted run directory. */
  @Override
  public void sync() throws IOException {
    directory.requireExists();
  }
}
