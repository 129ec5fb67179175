package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of {@code metrics.jsonl}.
 *
 * @param train the training rows, in file order
 * @param validation the validation rows, in file order
 */
public record RunLog(List<JsonNode> train, List<JsonNode> validation) {
  private static final int MAX_BYTES = 64 << 20;
  private static final int MAX_ROWS = 1_000_000;

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

  /**
   * Reads a metrics file that may come from anyone. Lines that are not JSON are skipped. If there
   * is no such plain file, the log is empty.
   *
   * @throws InvalidSettings if the file is larger than 64 MB
   */
  public static RunLog readAny(Path metrics) throws IOException {
    RunLog log = new RunLog(new ArrayList<>(), new ArrayList<>());
    if (!Files.isRegularFile(metrics, LinkOption.NOFOLLOW_LINKS)) {
      return log;
    }
    if (Files.size(metrics) > MAX_BYTES) {
      throw new InvalidSettings("%s is larger than %s MB.", metrics, MAX_BYTES >> 20);
    }
    for (String line : Utf8File.read(metrics).lines().limit(MAX_ROWS).toList()) {
      try {
        log.add(Json.MAPPER.readTree(line));
      } catch (JsonProcessingException e) {
        // A part of a row, after a crash.
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
