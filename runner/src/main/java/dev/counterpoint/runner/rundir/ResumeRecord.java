package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/**
 * Records each resume in the run's provenance: the time, the step, and the code, versions and
 * machine, which may differ from those at the start of the run.
 *
 * @param directory the run directory
 * @param provenance the provenance of the resumed process
 */
public record ResumeRecord(RunDirectory directory, Supplier<Provenance> provenance)
    implements Callback {
  @Override
  public void onStart(TrainingStart start) {
    try {
      if (start.endReason() == null) {
        provenance.get().resume(directory, start.step());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
