package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of {@code metrics.jsonl}.
 *
 * @param train the training rows, in file order
 * @param validation the validation rows, in file order
 */
record RunLog(List<JsonNode> train, List<JsonNode> validation) {

  /** Reads a metrics file. If the file does not exist, the log is empty. */
  static RunLog read(Path metrics) throws IOException {
    RunLog log = new RunLog(new ArrayList<>(), new ArrayList<>());
    if (Files.exists(metrics)) {
      try (BufferedReader lines = Files.newBufferedReader(metrics)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          log.add(Json.MAPPER.readTree(line));
        }
      }
    }
    return log;
  }

  private void add(JsonNode row) {
    (row.path("split").asText().equals("validation") ? validation : train).add(row);
  }

  /**
   * Returns a column of the rows as a series over steps.
   *
   * @param column a key, or the keys of nested objects joined by slashes
   */
  static Series series(String name, List<JsonNode> rows, String column) {
    double[] steps = rows.stream().mapToDouble(row -> row.path("step").asDouble()).toArray();
    double[] values = rows.stream().mapToDouble(row -> number(row.at("/" + column))).toArray();
    return new Series(name, steps, values);
  }

  /** Converts a JSON value to a number. Non-finite values are stored as text and become NaN. */
  static double number(JsonNode value) {
    return value.isNumber() ? value.asDouble() : Double.NaN;
  }
}
