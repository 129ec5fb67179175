package dev.counterpoint.core.callback;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code metrics.jsonl}: one JSON object a line. Training rows come every so many steps and
 * hold means over the steps since the row before (rates are those of the last step); validation
 * rows hold every measure. A number that is not finite is text, as {@code "NaN"}, since JSON has
 * none.
 */
public final class MetricsFile implements Callback.Remembering {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final int every;
  private double loss;
  private double weight;
  private long items;
  private long tokens;
  private double seconds;

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

  /** Drops the rows of steps that are to be made again. */
  @Override
  public void onStart(TrainingStart start) {
    try {
      if (Files.exists(file)) {
        // Not readAllLines, which refuses a letter that a crash has cut in two.
        String rows = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        List<String> kept = rows.lines().filter(row -> isWithin(row, start.step())).toList();
        Files.write(file, kept);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isWithin(String row, long step) {
    try {
      return JSON.readTree(row).path("step").asLong(Long.MAX_VALUE) <= step;
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
    if (report.step() % every == 0) {
      write(
          row("train", report.step(), report.epoch())
              .put("loss", loss / weight)
              .put("learningRate", report.learningRate())
              .put("gradientNorm", report.gradientNorm())
              .put("itemsPerSecond", items / seconds)
              .put("tokensPerSecond", tokens / seconds));
      forget();
    }
  }

  @Override
  public void onValidation(ValidationReport report) {
    ObjectNode row = row("validation", report.step(), report.epoch());
    report.evaluation().values().forEach(row::put);
    write(row);
  }

  @Override
  public Map<String, Object> memory() {
    return Map.of("loss", Double.toString(loss), "weight", Double.toString(weight));
  }

  /** Speed is measured anew: the time of another process says nothing of this one. */
  @Override
  public void remember(Map<String, Object> memory) {
    loss = Double.parseDouble(String.valueOf(memory.get("loss")));
    weight = Double.parseDouble(String.valueOf(memory.get("weight")));
  }

  private void forget() {
    loss = 0;
    weight = 0;
    items = 0;
    tokens = 0;
    seconds = 0;
  }

  private static ObjectNode row(String split, long step, int epoch) {
    return JSON.createObjectNode().put("split", split).put("step", step).put("epoch", epoch);
  }

  private void write(ObjectNode row) {
    try {
      Files.writeString(
          file,
          row + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
