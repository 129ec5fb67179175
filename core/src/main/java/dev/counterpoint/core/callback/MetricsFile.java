package dev.counterpoint.core.callback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.DiskSync;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code metrics.jsonl}: one JSON object per line. A training row is written every {@code
 * reportEvery} steps, and at the end for the remaining steps; it has means over the steps since the
 * last row, and the learning rate of the last step. Validation rows have every metric. Numbers that
 * are not finite are {@code null}.
 *
 * <p>A resumed run has the same rows as an uninterrupted run, except for the speeds.
 */
public final class MetricsFile implements Stateful, Callback.Flushable {
  private static final String TRAIN = "train";
  private static final String VALIDATION = "validation";
  private static final String AUXILIARY = "auxiliary.";
  private static final long UNKNOWN = Long.MAX_VALUE;

  private final Path file;
  private final int every;
  private volatile boolean exists; // read by the thread that writes checkpoints
  private double loss;
  private double weight;
  private long examples;
  private long tokens;
  private double seconds;
  private double waitSeconds;
  private final Map<String, Double> auxiliary = new TreeMap<>(); // sums
  private long lastRow = UNKNOWN;
  private long lastValidation = -1;
  private @Nullable StepReport lastStep;

  /**
   * Creates a callback that appends to a file.
   *
   * @param every the number of steps between two training rows
   */
  public MetricsFile(Path file, int every) {
    new Checks().positive("reportEvery", every).verify();
    this.file = file;
    this.every = every;
  }

  /**
   * Removes the rows of steps that will be repeated, and the last row of a run that ended between
   * two rows, whose steps become part of the next row.
   */
  @Override
  public void onStart(TrainingStart start) {
    lastRow = Math.min(lastRow, start.step());
    exists = Files.exists(file);
    try {
      if (exists) {
        String rows = read();
        String remaining =
            rows.lines()
                .filter(row -> isWithin(row, start.step()))
                .map(row -> row + "\n")
                .collect(Collectors.joining());
        if (!remaining.equals(rows)) {
          AtomicFile.writeText(file, remaining);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String read() throws IOException {
    try {
      // Not readString, which rejects a character that a crash has cut in two.
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw IoFailure.ofRead(file, e);
    }
  }

  private boolean isWithin(String text, long step) {
    try {
      JsonNode row = Json.MAPPER.readTree(text);
      long last = row.path("split").asText().equals(TRAIN) ? lastRow : step;
      boolean within = row.path("step").asLong(Long.MAX_VALUE) <= last;
      if (within && row.path("split").asText().equals(VALIDATION)) {
        lastValidation = row.path("step").asLong();
      }
      return within;
    } catch (IOException e) {
      return false; // A row that a crash cut short belongs to a step after the checkpoint.
    }
  }

  @Override
  public void onStep(StepReport report) {
    loss += report.loss() * report.weight();
    weight += report.weight();
    examples += report.examples();
    tokens += report.tokens();
    seconds += report.seconds();
    waitSeconds += report.waitSeconds();
    report
        .auxiliary()
        .forEach((name, mean) -> auxiliary.merge(name, mean * report.weight(), Double::sum));
    lastStep = report;
    if (report.step() % every == 0) {
      writeMeans(report);
      lastRow = report.step();
      reset();
    }
  }

  private void writeMeans(StepReport last) {
    ObjectNode row = row(TRAIN, last.step(), last.epoch()).put("loss", Json.finite(loss / weight));
    if (!auxiliary.isEmpty()) {
      ObjectNode means = row.putObject("auxiliary");
      auxiliary.forEach((name, sum) -> means.put(name, Json.finite(sum / weight)));
    }
    write(
        row.put("learningRate", Json.finite(last.learningRate()))
            .put("gradientNorm", Json.finite(last.gradientNorm()))
            .put("itemsPerSecond", Json.finite(examples / seconds))
            .put("tokensPerSecond", Json.finite(tokens / seconds))
            .put("waitShare", Json.finite(waitSeconds / seconds)));
  }

  /** Writes a row, unless the file contains it because the run repeats it after a crash. */
  @Override
  public void onValidation(ValidationReport report) {
    if (report.step() > lastValidation) {
      ObjectNode row = row(VALIDATION, report.step(), report.epoch());
      Json.putAll(report.evaluation().values(), row);
      write(row);
    }
  }

  @Override
  public void onEnd(TrainingEnd end) {
    if (lastStep != null) {
      writeMeans(lastStep);
    }
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("row", lastRow);
    state.put("loss", Double.toString(loss));
    state.put("weight", Double.toString(weight));
    state.put("items", examples);
    state.put("tokens", tokens);
    state.put("seconds", Double.toString(seconds));
    state.put("waitSeconds", Double.toString(waitSeconds));
    auxiliary.forEach((name, sum) -> state.put(AUXILIARY + name, Double.toString(sum)));
    if (lastStep != null) {
      state.put("step", lastStep.step());
      state.put("epoch", lastStep.epoch());
      state.put("learningRate", Double.toString(lastStep.learningRate()));
      state.put("gradientNorm", Double.toString(lastStep.gradientNorm()));
    }
    return state;
  }

  @Override
  public void loadState(Map<String, ?> state) {
    lastRow = (long) number(state, "row");
    loss = number(state, "loss");
    weight = number(state, "weight");
    examples = (long) number(state, "items");
    tokens = (long) number(state, "tokens");
    seconds = number(state, "seconds");
    waitSeconds = state.containsKey("waitSeconds") ? number(state, "waitSeconds") : 0;
    for (String key : state.keySet()) {
      if (key.startsWith(AUXILIARY)) {
        auxiliary.put(key.substring(AUXILIARY.length()), number(state, key));
      }
    }
    if (state.containsKey("step")) {
      lastStep =
          new StepReport(
              (long) number(state, "step"),
              (int) number(state, "epoch"),
              loss / weight,
              weight,
              number(state, "learningRate"),
              number(state, "gradientNorm"),
              examples,
              tokens,
              seconds,
              waitSeconds,
              Map.of());
    }
  }

  private static double number(Map<String, ?> state, String name) {
    return Double.parseDouble(String.valueOf(state.get(name)));
  }

  private void reset() {
    loss = 0;
    weight = 0;
    examples = 0;
    tokens = 0;
    seconds = 0;
    waitSeconds = 0;
    auxiliary.clear();
    lastStep = null;
  }

  private static ObjectNode row(String split, long step, int epoch) {
    return Json.MAPPER.createObjectNode().put("split", split).put("step", step).put("epoch", epoch);
  }

  @Override
  public void sync() throws IOException {
    try {
      if (exists) {
        DiskSync.ofFile(file);
        DiskSync.ofDirectory(file.resolveSibling("."));
      }
    } catch (IOException e) {
      throw failure(e).getCause();
    }
  }

  /**
   * Appends a line, completely or not at all. A file that was deleted is not created again, as the
   * run is being removed.
   */
  private void write(ObjectNode row) {
    ByteBuffer line = ByteBuffer.wrap((row + "\n").getBytes(StandardCharsets.UTF_8));
    try (FileChannel channel = open()) {
      exists = true;
      long end = channel.size();
      try {
        while (line.hasRemaining()) {
          channel.write(line, end + line.position());
        }
      } catch (IOException e) {
        channel.truncate(end);
        throw e;
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private FileChannel open() throws IOException {
    return exists
        ? FileChannel.open(file, StandardOpenOption.WRITE)
        : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private UncheckedIOException failure(IOException e) {
    return new UncheckedIOException(IoFailure.ofWrite(file, e));
  }
}
