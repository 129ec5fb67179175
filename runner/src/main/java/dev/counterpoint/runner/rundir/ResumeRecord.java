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
 * @param classpath the class path entries with user-defined code
 */
public record ResumeRecord(RunDirectory directory, List<String> command, List<String> classpath)
    implements Callback {
  public ResumeRecord {
    command = List.copyOf(command);
    classpath = List.copyOf(classpath);
  }

  @Override
  public void onStart(TrainingStart start) {
    try {
      if (start.endReason() == null
          && AtomicFile.readJson(directory.provenance()) instanceof ObjectNode record) {
        AtomicFile.writeJson(
            directory.provenance(),
            Provenance.resuming(record, start.step(), command, UserCode.of(directory, classpath)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
