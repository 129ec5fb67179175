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
 * Hashes of the user-defined code of a run, as recorded in its provenance. Weights trained with one
 * version of the code may not work with another.
 */
public final class UserCode {
  private static final String KEY = "code";

  private UserCode() {}

  /**
   * A hash of each entry of a run's class path by file name.
   *
   * @param classpath the class path in the run file; relative paths are relative to the run
   *     directory
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

  /** A message for each entry that has changed since the run was started or last resumed. */
  public static List<String> changes(RunDirectory run, List<String> classpath) throws IOException {
    JsonNode record = AtomicFile.readJson(run.provenance());
    JsonNode resumes = record.path("goneOn");
    JsonNode last = resumes.isEmpty() ? record : resumes.path(resumes.size() - 1);
    return of(run, classpath).entrySet().stream()
        .filter(entry -> last.path(KEY).has(entry.getKey()))
        .filter(entry -> !last.path(KEY).path(entry.getKey()).asText().equals(entry.getValue()))
        .map(
            entry ->
                entry.getKey()
                    + " has changed since the run was trained: the weights belong to the previous"
                    + " version.")
        .toList();
  }
}
