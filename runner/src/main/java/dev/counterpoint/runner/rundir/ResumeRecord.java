package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.storage.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Records each resume in the run's provenance: the time, the step, the command, and the versions,
 * which may differ from those at the start of the run.
 *
 * @param directory the run directory
 * @param command the command-line arguments of the resumed process
 * @param code the user-defined code
 */
public record ResumeRecord(RunDirectory directory, List<String> command, RunCode code)
    implements Callback {
  public ResumeRecord {
    command = List.copyOf(command);
  }

  @Override
  public void onStart(TrainingStart start) {
    try {
      if (start.endReason() == null
          && AtomicFile.readJson(directory.provenance()) instanceof ObjectNode record) {
        AtomicFile.writeJson(
            directory.provenance(),
            Provenance.resuming(record, start.step(), command, code.hashes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
