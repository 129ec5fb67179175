package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.json.InputReader;
import dev.counterpoint.inference.json.ModelInput;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.LineNumberReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads inputs from lines of text or JSON. Lines that are available are grouped into batches of at
 * most 32, so that memory use does not depend on the length of the input and typed lines are
 * answered one by one.
 *
 * @param json whether each line is a JSON object; blank lines are then skipped
 * @param reader reads and checks the input in a line
 */
record PredictLines(LineNumberReader lines, boolean json, InputReader reader) {
  private static final int BATCH = 32;
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final String UNPAIRED_SURROGATE = "\uD800";

  /**
   * Decodes UTF-8. Malformed input becomes an unpaired surrogate, which valid UTF-8 never contains,
   * so that its line can be rejected by number. A byte order mark at the beginning is skipped.
   */
  static LineNumberReader decoded(InputStream bytes) throws IOException {
    LineNumberReader lines =
        new LineNumberReader(
            new InputStreamReader(
                bytes,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE)
                    .replaceWith(UNPAIRED_SURROGATE)));
    lines.mark(1);
    if (lines.read() != BYTE_ORDER_MARK) {
      lines.reset();
    }
    return lines;
  }

  /**
   * Reads all lines and passes them to the handler in batches. The inputs before an invalid line
   * are passed on before the exception is thrown.
   *
   * @throws InvalidSettings if a line is invalid; the message has its number
   */
  void read(Consumer<List<ModelInput>> handler) throws IOException {
    List<ModelInput> pending = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        input(line).ifPresent(pending::add);
      } catch (InvalidSettings invalid) {
        flush(pending, handler);
        throw invalid;
      }
      if (pending.size() == BATCH || !lines.ready()) {
        flush(pending, handler);
      }
    }
    flush(pending, handler);
  }

  private static void flush(List<ModelInput> pending, Consumer<List<ModelInput>> handler) {
    if (!pending.isEmpty()) {
      handler.accept(List.copyOf(pending));
      pending.clear();
    }
  }

  private Optional<ModelInput> input(String line) {
    if (Surrogates.areUnpairedIn(line)) {
      throw invalidLine("is not UTF-8 text");
    }
    if (!json && !reader.readsRows()) {
      return Optional.of(reader.readText(origin(), line));
    }
    return line.isBlank() ? Optional.empty() : Optional.of(reader.read(origin(), parse(line)));
  }

  private JsonNode parse(String line) {
    try {
      return InputReader.JSON.readTree(line);
    } catch (JacksonException e) {
      throw invalidLine(
          "is not JSON (%s); with --json each line must be an object with %s"
              .formatted(Json.problem(e), reader.required()));
    }
  }

  private InvalidSettings invalidLine(String problem) {
    return new InvalidSettings(origin() + " " + problem + ".");
  }

  private String origin() {
    return "Line " + lines.getLineNumber() + " of standard input";
  }
}
