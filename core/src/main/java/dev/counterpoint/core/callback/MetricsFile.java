package dev.counterpoint.core.callback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.storage.DiskSync;
import dev.counterpoint.core.storage.IoFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code metrics.jsonl}: one JSON object in each line. A training row is written every
 * {@code reportEvery} steps, and at the end for the remaining steps; it has means over the steps
 * since the last row, and the learning rate of the last step. Validation rows have every metric. A
 * number that is not finite is a text such as {@code "NaN"}, since JSON has no such numbers.
 *
 * <p>A resumed run has the rows of the uninterrupted one, except for their speeds.
 */
public final class MetricsFile implements Stateful, Callback.Flushable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TRAIN = "train";
  private static final long UNKNOWN = Long.MAX_VALUE;

  private final Path file;
  private final int every;
  private volatile boolean begun; // read by the thread that makes checkpoints
  private double loss;
  private double weight;
  private long items;
  private long tokens;
  private double seconds;
  private long lastRow = UNKNOWN;
  private @Nullable StepReport lastStep;

  /**
   * Appends to the file.
   *
   * @param every steps between two training rows
   */
  public MetricsFile(Path file, int every) {
    new Checks().positive("reportEvery", every).verify();
    this.file = file;
    this.every = every;
  }

  /**
   * Removes the rows of steps that are repeated, and the row of the remaining steps at an end:
   * these steps belong to the next row now.
   */
  @Override
  public void onStart(TrainingStart start) {
    lastRow = Math.min(lastRow, start.step());
    try {
      begun = Files.exists(file);
      if (begun) {
        // Not readAllLines, which refuses a letter that a crash has cut in two.
        String rows = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        String kept =
            rows.lines()
                .filter(row -> isWithin(row, start.step()))
                .map(row -> row + "\n")
                .collect(Collectors.joining());
        if (!kept.equals(rows)) {
          replace(kept);
        }
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** A crash leaves the rows that were there, or those that are kept. */
  private void replace(String kept) throws IOException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    Files.writeString(fresh, kept);
    DiskSync.ofFile(fresh);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private boolean isWithin(String text, long step) {
    try {
      JsonNode row = JSON.readTree(text);
      long last = row.path("split").asText().equals(TRAIN) ? lastRow : step;
      return row.path("step").asLong(Long.MAX_VALUE) <= last;
    } catch (IOException e) {
      return false; // A row that a crash cut short belongs to a step after the checkpoint.
    }
  }

  @Override
  public void onStep(StepReport report) {
    loss += report.loss() * report.weight();
    weight += report.weight();
    items += report.items();
    tokens += report.tokens();
    seconds += report.seconds();
    lastStep = report;
    if (report.step() % every == 0) {
      writeMeans(report);
      lastRow = report.step();
      forget();
    }
  }

  private void writeMeans(StepReport last) {
    write(
        row(TRAIN, last.step(), last.epoch())
            .put("loss", loss / weight)
            .put("learningRate", last.learningRate())
            .put("gradientNorm", last.gradientNorm())
            .put("itemsPerSecond", items / seconds)
            .put("tokensPerSecond", tokens / seconds));
  }

  @Override
  public void onValidation(ValidationReport report) {
    ObjectNode row = row("validation", report.step(), report.epoch());
    report.evaluation().values().forEach(row::put);
    write(row);
  }

  @Override
  public void onEnd(TrainingEnd end) {
    if (lastStep != null) {
      writeMeans(lastStep);
    }
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> memory = new LinkedHashMap<>();
    memory.put("row", lastRow);
    memory.put("loss", Double.toString(loss));
    memory.put("weight", Double.toString(weight));
    memory.put("items", items);
    memory.put("tokens", tokens);
    memory.put("seconds", Double.toString(seconds));
    if (lastStep != null) {
      memory.put("step", lastStep.step());
      memory.put("epoch", lastStep.epoch());
      memory.put("learningRate", Double.toString(lastStep.learningRate()));
      memory.put("gradientNorm", Double.toString(lastStep.gradientNorm()));
    }
    return memory;
  }

  @Override
  public void loadState(Map<String, ?> state) {
    lastRow = (long) number(state, "row");
    loss = number(state, "loss");
    weight = number(state, "weight");
    items = (long) number(state, "items");
    tokens = (long) number(state, "tokens");
    seconds = number(state, "seconds");
    if (state.containsKey("step")) {
      lastStep =
          new StepReport(
              (long) number(state, "step"),
              (int) number(state, "epoch"),
              loss / weight,
              weight,
              number(state, "learningRate"),
              number(state, "gradientNorm"),
              items,
              tokens,
              seconds);
    }
  }

  private static double number(Map<String, ?> memory, String name) {
    return Double.parseDouble(String.valueOf(memory.get(name)));
  }

  private void forget() {
    loss = 0;
    weight = 0;
    items = 0;
    tokens = 0;
    seconds = 0;
    lastStep = null;
  }

  private static ObjectNode row(String split, long step, int epoch) {
    return JSON.createObjectNode().put("split", split).put("step", step).put("epoch", epoch);
  }

  @Override
  public void sync() throws IOException {
    try {
      if (begun) {
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
      begun = true;
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
    return begun
        ? FileChannel.open(file, StandardOpenOption.WRITE)
        : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private UncheckedIOException failure(IOException e) {
    return new UncheckedIOException(
        new IOException("Cannot write " + file + ": " + IoFailure.of(e) + ".", e));
  }
}
