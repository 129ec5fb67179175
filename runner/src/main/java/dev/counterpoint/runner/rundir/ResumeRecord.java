package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.storage.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Adds to a run's provenance that it has gone on: when, after which step, and by which command and
 * versions, which may be others than those that began it.
 *
 * @param command the arguments that it was asked with
 * @param classpath what it runs beside the program's own code
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
      if (start.ended() == null
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
