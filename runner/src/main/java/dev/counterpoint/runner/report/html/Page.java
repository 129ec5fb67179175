package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.settings.Formats;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Contents of the report page. The template {@code report.mustache} refers to these names.
 *
 * @param name the name of the run
 * @param state the progress of the run, as a sentence
 * @param charts the charts that have curves
 * @param metrics the metric columns of the validation table
 * @param validations the rows of the validation table
 * @param snapshots the step snapshots of the run
 * @param confusions the confusion matrix of the best or last validation, as a list of at most one
 * @param sampleViews the samples of that validation, as a list of at most one
 * @param notes the notes about the data
 * @param runFile the resolved run file, as text
 * @param provenance the flattened {@code provenance.json}
 */
record Page(
    String name,
    String state,
    List<Chart> charts,
    List<String> metrics,
    List<Validation> validations,
    List<Snapshot> snapshots,
    List<ConfusionTable> confusions,
    List<SampleView> sampleViews,
    List<String> notes,
    String runFile,
    List<Fact> provenance) {
  private static final Template TEMPLATE = template("report");

  /** Allows a line break after each dot of a key or path. */
  static final Mustache.Lambda BREAKABLE =
      (fragment, out) -> out.write(fragment.execute().replace(".", ".<wbr>"));

  private static final String AUXILIARY = "auxiliary"; // of metrics.jsonl

  /** A row of the validation table. */
  record Validation(long step, int epoch, List<String> values) {}

  /**
   * A row of the snapshot table.
   *
   * @param folder the name of the snapshot folder
   */
  record Snapshot(String folder, long step, String loss, String gradientNorm) {}

  /** A name and a value. */
  record Fact(String name, String value) {}

  /** Creates the page of a run from the contents of its files. */
  static Page of(
      String name,
      String state,
      RunLog log,
      List<Snapshot> snapshots,
      Optional<ConfusionTable> confusions,
      SampleView samples,
      List<String> notes,
      String runFile,
      JsonNode provenance) {
    List<String> metrics = metrics(log.validation());
    List<Fact> facts = new ArrayList<>();
    flatten("", provenance, facts);
    return new Page(
        name,
        state,
        charts(log),
        metrics,
        log.validation().stream().map(row -> validation(row, metrics)).toList(),
        snapshots,
        confusions.stream().toList(),
        samples.samples().isEmpty() ? List.of() : List.of(samples),
        notes,
        runFile,
        facts);
  }

  /** Compiles a template of this package; {@code {{>NAME}}} inserts another one. */
  static Template template(String name) {
    return Mustache.compiler()
        .emptyStringIsFalse(true)
        .withLoader(part -> new StringReader(Resource.read(Page.class, part + ".mustache")))
        .compile("{{>" + name + "}}");
  }

  /** Renders the page as self-contained HTML. All texts are escaped. */
  String toHtml() {
    return TEMPLATE.execute(this);
  }

  /** Returns whether the run has been validated. */
  boolean hasValidations() {
    return !validations.isEmpty();
  }

  /** Returns whether there are notes about the data. */
  boolean hasNotes() {
    return !notes.isEmpty();
  }

  /** Returns whether the run has step snapshots. */
  boolean hasSnapshots() {
    return !snapshots.isEmpty();
  }

  private static List<Chart> charts(RunLog log) {
    Stream<Chart> auxiliary =
        log.train().stream()
            .flatMap(row -> row.path(AUXILIARY).properties().stream().map(Map.Entry::getKey))
            .distinct()
            .map(name -> auxiliary(name, log));
    Stream<Chart> charts =
        Stream.of(
            Chart.of(
                "loss",
                "Loss",
                RunLog.series("training", log.train(), "loss"),
                RunLog.series("validation", log.validation(), "loss")),
            Chart.of(
                "rate",
                "Learning rate",
                RunLog.series("learning rate", log.train(), "learningRate")),
            Chart.of(
                "norm",
                "Gradient norm before clipping",
                RunLog.series("gradient norm", log.train(), "gradientNorm")),
            Chart.of(
                "speed",
                "Throughput in examples per second",
                RunLog.series("examples per second", log.train(), "itemsPerSecond")));
    return Stream.concat(charts, auxiliary).filter(Chart::hasCurves).toList();
  }

  private static Chart auxiliary(String name, RunLog log) {
    String column = AUXILIARY + "/" + name.replace("~", "~0").replace("/", "~1");
    return Chart.of(
        AUXILIARY + "-" + name,
        "Auxiliary loss \"" + name + "\"",
        RunLog.series(name, log.train(), column));
  }

  /**
   * Returns the metric columns. Metrics of single classes are omitted, as there may be hundreds.
   */
  private static List<String> metrics(List<JsonNode> validations) {
    Set<String> metrics = new LinkedHashSet<>();
    validations.forEach(row -> row.fieldNames().forEachRemaining(metrics::add));
    metrics.removeIf(it -> it.contains(".") || Set.of("split", "step", "epoch").contains(it));
    return List.copyOf(metrics);
  }

  private static Validation validation(JsonNode row, List<String> metrics) {
    List<String> values =
        metrics.stream().map(it -> Formats.number(RunLog.number(row.path(it)))).toList();
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
      String words = node.valueStream().map(JsonNode::asText).collect(Collectors.joining(" "));
      facts.add(new Fact(path, words));
    } else {
      facts.add(new Fact(path, node.asText()));
    }
  }
}
