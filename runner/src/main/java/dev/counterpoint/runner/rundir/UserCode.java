package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.runner.machine.CodeFacts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The code that a run was given beside the program's, as its provenance knows it: weights that were
 * trained with it may mean nothing to another.
 */
public final class UserCode {
  private static final String KEY = "code";

  private UserCode() {}

  /**
   * A hash of each entry of a run's class path, by file name.
   *
   * @param classpath as in the run file; what is relative is within the run
   */
  public static Map<String, String> of(RunDirectory run, List<String> classpath)
      throws IOException {
    Map<String, String> code = new TreeMap<>();
    for (String entry : classpath) {
      Path path = run.path().resolve(entry);
      code.merge(
          path.getFileName().toString(), CodeFacts.hash(path), (one, two) -> one + " " + two);
    }
    return code;
  }

  /** A sentence for each entry that is not as it was when the run began, or last went on. */
  public static List<String> changes(RunDirectory run, List<String> classpath) throws IOException {
    JsonNode record = AtomicFile.readJson(run.provenance());
    JsonNode goneOn = record.path("goneOn");
    JsonNode last = goneOn.isEmpty() ? record : goneOn.path(goneOn.size() - 1);
    return of(run, classpath).entrySet().stream()
        .filter(entry -> last.path(KEY).has(entry.getKey()))
        .filter(entry -> !last.path(KEY).path(entry.getKey()).asText().equals(entry.getValue()))
        .map(
            entry ->
                entry.getKey()
                    + " has changed since the run was trained with it: the weights are of what it"
                    + " was.")
        .toList();
  }
}
