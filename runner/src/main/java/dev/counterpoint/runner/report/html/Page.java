package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.counterpoint.runner.report.Formats;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the page says; how it says it is in {@code report.mustache}, which asks for these names.
 *
 * @param name of the run
 * @param state how far it is
 * @param charts those that have curves
 * @param measures columns of the table of validations
 * @param validations its rows
 * @param confusions of the last validation; none where there was none
 * @param shown what the model made of some samples in the last validation; none where it was asked
 *     none
 * @param runFile the resolved one, as text
 */
record Page(
    String name,
    String state,
    List<Chart> charts,
    List<String> measures,
    List<Validation> validations,
    List<ConfusionTable> confusions,
    List<SampleView> shown,
    String runFile,
    List<Fact> provenance) {
  private static final Template TEMPLATE = template();

  /** A row of the table of validations. */
  record Validation(long step, int epoch, List<String> values) {}

  /** A name and a value. */
  record Fact(String name, String value) {}

  /** The page of a run whose files are read already. */
  static Page of(
      String name,
      String state,
      RunLog log,
      Optional<ConfusionTable> confusions,
      SampleView shown,
      String runFile,
      JsonNode provenance) {
    List<String> measures = measures(log.validation());
    List<Fact> facts = new ArrayList<>();
    flatten("", provenance, facts);
    return new Page(
        name,
        state,
        charts(log),
        measures,
        log.validation().stream().map(row -> validation(row, measures)).toList(),
        confusions.stream().toList(),
        shown.samples().isEmpty() ? List.of() : List.of(shown),
        runFile,
        facts);
  }

  /** The page as HTML: every text is escaped, nothing is fetched from elsewhere. */
  String toHtml() {
    return TEMPLATE.execute(this);
  }

  boolean hasValidations() {
    return !validations.isEmpty();
  }

  private static List<Chart> charts(RunLog log) {
    return Stream.of(
            Chart.of(
                "loss",
                "Loss",
                RunLog.series("training", log.train(), "loss"),
                RunLog.series("validation", log.validation(), "loss")),
            Chart.of("rate", "Learning rate", RunLog.series("rate", log.train(), "learningRate")),
            Chart.of(
                "norm",
                "Gradient norm before clipping",
                RunLog.series("norm", log.train(), "gradientNorm")),
            Chart.of(
                "speed",
                "Throughput in items a second",
                RunLog.series("items a second", log.train(), "itemsPerSecond")))
        .filter(Chart::hasCurves)
        .toList();
  }

  /** The measures of single classes are left out: they may be hundreds. */
  private static List<String> measures(List<JsonNode> validations) {
    Set<String> measures = new LinkedHashSet<>();
    validations.forEach(row -> row.fieldNames().forEachRemaining(measures::add));
    measures.removeIf(it -> it.contains(".") || Set.of("split", "step", "epoch").contains(it));
    return List.copyOf(measures);
  }

  private static Validation validation(JsonNode row, List<String> measures) {
    List<String> values =
        measures.stream().map(it -> Formats.number(RunLog.number(row.path(it)))).toList();
    return new Validation(row.path("step").asLong(), row.path("epoch").asInt(), values);
  }

  private static void flatten(String path, JsonNode node, List<Fact> facts) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              each ->
                  flatten(
                      path.isEmpty() ? each.getKey() : path + "." + each.getKey(),
                      each.getValue(),
                      facts));
    } else if (node.isArray()) {
      List<String> words = new ArrayList<>();
      node.forEach(word -> words.add(word.asText()));
      facts.add(new Fact(path, String.join(" ", words)));
    } else {
      facts.add(new Fact(path, node.asText()));
    }
  }

  private static Template template() {
    InputStream resource = Page.class.getResourceAsStream("report.mustache");
    try (Reader text =
        new InputStreamReader(Objects.requireNonNull(resource), StandardCharsets.UTF_8)) {
      return Mustache.compiler().emptyStringIsFalse(true).compile(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
