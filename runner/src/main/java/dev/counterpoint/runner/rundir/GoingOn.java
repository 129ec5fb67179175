package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Adds to a run's provenance that it has gone on: when, after which step, and by which command and
 * versions, which may be others than those that began it.
 *
 * @param command the arguments that it was asked with
 */
public record GoingOn(RunDirectory directory, List<String> command) implements Callback {
  public GoingOn {
    command = List.copyOf(command);
  }

  @Override
  public void onStart(TrainingStart start) {
    try {
      if (start.ended() == null
          && RunDirectory.readJson(directory.provenance()) instanceof ObjectNode record) {
        RunDirectory.writeJson(
            directory.provenance(), Provenance.goingOn(record, start.step(), command));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
