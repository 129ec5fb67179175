package dev.counterpoint.runner.tune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The journal of a sweep, {@code sweep.jsonl}: the settings of the sweep, then one line for each
 * round of each trial, in the order in which they end.
 */
public final class Journal {
  /** The name of the file in the folder of a sweep. */
  public static final String FILE = "sweep.jsonl";

  private final Path file;
  private final ObjectNode head;
  private final List<Result> results = new ArrayList<>();

  /**
   * The end of a trial in one round.
   *
   * @param trial the number of the trial, from 1
   * @param round from 0; there is one round without halving
   * @param steps the steps trained so far
   * @param value the compared metric; null if it is not finite or the trial has failed
   * @param failure why the trial has failed, as a sentence; null if it has not
   */
  public record Result(
      int trial, int round, long steps, @Nullable Double value, @Nullable String failure) {

    /**
     * Orders trials: those without a value are last, later rounds are before earlier rounds, and
     * among equal values the trial with the lower number is first.
     *
     * @param mode which values are better
     */
    static Comparator<Result> bestFirst(Mode mode) {
      Comparator<Double> values = Comparator.naturalOrder();
      return Comparator.<Result, Boolean>comparing(it -> it.value() == null)
          .thenComparing(Result::round, Comparator.reverseOrder())
          .thenComparing(
              it -> it.value(), Comparator.nullsLast(mode == Mode.MIN ? values : values.reversed()))
          .thenComparing(Result::trial);
    }
  }

  /**
   * Opens the journal of a sweep that may have been started before.
   *
   * @param settings the settings that must not change
   * @param sweep its threads of each trial are recorded if it is new
   * @throws InvalidSettings if the journal is of another sweep
   */
  public Journal(Path folder, Map<String, ?> settings, Sweep sweep) throws IOException {
    file = folder.resolve(FILE);
    JsonNode own = Json.MAPPER.valueToTree(settings);
    if (!Files.exists(file)) {
      int processors = Runtime.getRuntime().availableProcessors();
      int threads =
          Objects.requireNonNullElse(sweep.threads(), Math.max(1, processors / sweep.parallel()));
      head = Json.MAPPER.createObjectNode().put("threads", threads).set("settings", own);
      write();
      return;
    }
    List<String> lines = Files.readAllLines(file);
    head = Json.parse(lines.get(0), ObjectNode.class);
    if (!head.path("settings").toString().equals(own.toString())) {
      throw new InvalidSettings(
          "%s is the journal of a sweep with other settings or code. Use another --output.", file);
    }
    lines.stream().skip(1).forEach(line -> results.add(Json.parse(line, Result.class)));
  }

  /** The threads of each trial when the sweep was first started. */
  int threads() {
    return head.path("threads").asInt();
  }

  Optional<Result> find(int trial, int round) {
    return results.stream().filter(it -> it.trial() == trial && it.round() == round).findFirst();
  }

  void add(Result result) throws IOException {
    results.add(result);
    write();
  }

  private void write() throws IOException {
    StringBuilder lines = new StringBuilder(head + "\n");
    results.forEach(it -> lines.append(Json.MAPPER.valueToTree(it).toString()).append('\n'));
    AtomicFile.writeText(file, lines.toString());
  }
}
