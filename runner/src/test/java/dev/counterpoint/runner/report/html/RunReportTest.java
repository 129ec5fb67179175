package dev.counterpoint.runner.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.metric.ConfusionMatrix;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.runner.rundir.Outcome;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class RunReportTest {
  private static final String HOSTILE = "</td><script>alert(\"1\")</script>&'";

  @TempDir private Path path;
  private RunDirectory directory;
  private List<Samples.Sample> samples = List.of();
  private OptionalLong selectedStep = OptionalLong.empty();

  @BeforeEach
  void writeRunDirectory() throws IOException {
    directory = new RunDirectory(path);
    Files.writeString(directory.runFile(), "name: mine # " + HOSTILE + "\n");
    Files.writeString(
        directory.provenance(),
        "{\"command\": [\"train\", \"a & b\"], \"versions\": {\"java\": 17}}");
    Files.writeString(
        directory.metrics(),
        """
        {"split":"train","step":10,"epoch":1,"loss":0.8,"learningRate":1e-4,"gradientNorm":2.0,"itemsPerSecond":100.0}
        {"split":"train","step":20,"epoch":1,"loss":"NaN","learningRate":2e-4,"gradientNorm":1.5,"itemsPerSecond":110.0}
        {"split":"train","step":30,"epoch":2,"loss":0.4,"learningRate":1e-4,"gradientNorm":1.0,"itemsPerSecond":120.0}
        {"split":"validation","step":20,"epoch":1,"loss":0.7,"accuracy":0.5,"f1.no":0.25}
        {"split":"validation","step":30,"epoch":2,"loss":0.6,"accuracy":"NaN","f1.no":0.75}
        """);
  }

  @Test
  void reportShowsProgressAndStopReason() throws IOException {
    RunReport report = report();
    report.onStart(new TrainingStart(0, 2_000, 2, List.of(), null));
    report.onStep(new StepReport(1_200, 1, 0.5, 1, 0.1, 1, 1, 1, 1, 0, Map.of()));
    report.onValidation(validation(labels("no", "yes")));
    assertThat(html()).contains("Step 1,200 of 2,000, still running.");

    report.onEnd(end("SIGINT"));
    assertThat(html()).contains("Step 1,200 of 2,000, stopped: SIGINT.");

    report.onEnd(end(null));
    assertThat(html()).contains("Step 1,200 of 2,000, finished.");
  }

  @Test
  void reportKeepsTheConfusionMatrixOfTheSelectedModel() throws IOException {
    RunReport report = report();
    selectedStep = OptionalLong.of(30);
    report.onValidation(validation(labels("no", "yes")));
    selectedStep = OptionalLong.of(20);
    report.onValidation(validation(labels("one", "two")));

    assertThat(html()).contains("Validation after step 30").doesNotContain("two</th>");
  }

  @Test
  void reportNamesTheModel() throws IOException {
    Outcome outcome = new Outcome(end(null), Optional.empty(), "12ab", List.of());
    report().add(outcome);

    assertThat(html()).contains("Model of step " + outcome.step()).contains("12ab");
  }

  @Test
  void reportHasAChartPerMetric() throws IOException {
    assertThat(written().split("<svg", -1)).hasSize(5);
    assertThat(html())
        .contains(
            "Loss over steps", "Learning rate over steps", "Gradient norm before clipping over")
        .contains("validation: from 0.7 at step 20 to 0.6 at step 30, lowest 0.6, highest 0.7.");
  }

  @Test
  void anAuxiliaryLossHasAChart() throws IOException {
    Files.writeString(
        directory.metrics(),
        """
        {"split":"train","step":10,"epoch":1,"loss":0.8,"auxiliary":{"router/balance":0.25}}
        {"split":"train","step":20,"epoch":1,"loss":0.7,"auxiliary":{"router/balance":0.125}}
        """);

    assertThat(written()).contains("router/balance: from 0.25 at step 10 to 0.125 at step 20");
  }

  @Test
  void nonFiniteValueIsAGapInTheCurve() {
    Chart loss =
        Chart.of(
            "loss",
            "Loss",
            new Series("s", new double[] {1, 2, 3, 4}, new double[] {1, Double.NaN, 2, 3}));

    assertThat(loss.curves().get(0).lines()).hasSize(2);
  }

  @Test
  void validationTableOmitsMetricsOfSingleClasses() throws IOException {
    assertThat(written())
        .contains("<th scope=\"row\">20</th><td>1</td><td>0.7000</td><td>0.5000</td></tr>")
        .contains("<th scope=\"row\">30</th><td>2</td><td>0.6000</td><td>NaN</td></tr>")
        .contains("<th scope=\"col\">accuracy</th>")
        .doesNotContain("f1.no");
  }

  @Test
  void smallConfusionMatrixIsShown() throws IOException {
    assertThat(written())
        .contains("<th scope=\"row\">no</th>")
        .contains("<td class=\"wrong\" style=\"--share: 25\">1<small>25 %</small></td>");
  }

  @Test
  void largeConfusionMatrixIsReplacedByMistakes() throws IOException {
    report().onValidation(validation(IntStream.range(0, 21).mapToObj(i -> "label" + i).toList()));

    assertThat(html())
        .contains(
            "<th scope=\"row\" class=\"words\">label0</th><td class=\"words\">label1</td><td>1</td>")
        .doesNotContain("--share: ");
  }

  @Test
  void samplesAreShownAndRestored() throws IOException {
    samples =
        List.of(
            new Samples.Sample("Where? ", "Here", "wrong; marked: There"),
            new Samples.Sample("ROMEO:", " Ay", ""));
    RunReport before = report();
    before.onValidation(validation(labels("no", "yes")));
    String shown = "<p>Where? <strong>Here</strong></p><p class=\"soft\">wrong; marked: There</p>";
    assertThat(html()).contains(shown, "<p>ROMEO:<strong> Ay</strong></p></div>");

    RunReport after = report();
    after.loadState(before.state());
    after.onEnd(end(null));
    assertThat(html()).contains(shown, "after step ");
  }

  @Test
  void snapshotsAreListed() throws IOException {
    assertThat(written()).doesNotContain("id=\"snapshots\"");
    Path folder = Files.createDirectories(directory.snapshots().resolve("step-00000298"));
    Files.createDirectories(directory.snapshots().resolve("step-00000300"));
    Files.writeString(
        folder.resolve("snapshot.json"),
        """
        {"step": 298, "seed": 17, "rank": 0, "reason": "spike", "loss": "0.5",
         "gradientNorm": "21.875", "items": ["train.tsv:3"],
         "batches": [{"items": 1, "tokens": 5}]}
        """);

    assertThat(written())
        .contains(
            "<th scope=\"row\">298</th><td>0.5000</td><td>21.88</td>", "snapshots/step-00000298")
        .doesNotContain("step-00000300");
  }

  @Test
  void runWithoutSamplesHasNoSampleSection() throws IOException {
    assertThat(written()).doesNotContain("id=\"samples\"");
  }

  @Test
  void textsAreEscaped() throws IOException {
    samples = List.of(new Samples.Sample(HOSTILE, HOSTILE, HOSTILE));
    report().onValidation(validation(labels(HOSTILE, "yes")));

    assertThat(html()).doesNotContain("<script").contains("&lt;/td&gt;&lt;script&gt;alert(");
  }

  /** Checks that every element is closed and every attribute is quoted. */
  @Test
  void reportIsWellFormedXml() throws Exception {
    report().onValidation(validation(labels(HOSTILE, "yes")));

    assertThat(parse(html()).getElementsByTagName("td").getLength()).isEqualTo(3 + 3 + 1 + 4);
  }

  @Test
  void reportLoadsNoExternalResources() throws IOException {
    assertThat(written()).doesNotContain("http", "src=", "@import", "url(", "<link");
  }

  @Test
  void resumedRunRestoresConfusionMatrix() throws IOException {
    RunReport before = report();
    before.onValidation(validation(labels("no", "yes")));
    RunReport after = report();
    after.loadState(before.state());
    after.onEnd(end(null));

    assertThat(html()).contains("--share: 25");
  }

  @Test
  void runWithoutValidationHasNoTables() throws IOException {
    Files.delete(directory.metrics());
    RunReport report = report();
    report.loadState(report().state());
    report.onEnd(end(null));

    assertThat(html()).contains("No metrics yet.").doesNotContain("<table", "<svg");
  }

  @Test
  void noTemporaryFilesAreLeft() throws IOException {
    written();
    try (Stream<Path> files = Files.list(path)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("run.yaml", "provenance.json", "metrics.jsonl", "report.html");
    }
  }

  @Test
  void seriesIsReducedToAtMostFourHundredPoints() {
    double[] steps = IntStream.rangeClosed(1, 1_001).mapToDouble(i -> i).toArray();
    Series thinned = new Series("s", steps, steps).thinned(400);

    assertThat(thinned.steps()).hasSize(334).startsWith(2, 5).endsWith(998, 1_000.5);
  }

  @Test
  void ticksAreRoundNumbersAndSpanTheRange() {
    assertThat(Arrays.stream(Ticks.spanning(0.13, 0.79).all()).mapToObj(Ticks::text))
        .containsExactly("0", "0.2", "0.4", "0.6", "0.8");
    assertThat(Ticks.spanning(3, 3).fraction(3)).isBetween(0.0, 1.0);
    assertThat(Ticks.text(5e-4)).isEqualTo("5e-04");
    assertThat(Ticks.text(12_000)).isEqualTo("12000");
  }

  private RunReport report() {
    return new RunReport(
        directory, "mine", List.of("column age: numeric"), () -> samples, () -> selectedStep);
  }

  private String written() throws IOException {
    report().onValidation(validation(labels("no", "yes")));
    return html();
  }

  private String html() throws IOException {
    return Files.readString(directory.report());
  }

  private static List<String> labels(String... labels) {
    return List.of(labels);
  }

  /** Each label is predicted correctly three times, and once as the next label. */
  private static ValidationReport validation(List<String> labels) {
    List<List<Long>> counts =
        IntStream.range(0, labels.size())
            .mapToObj(
                actual ->
                    IntStream.range(0, labels.size())
                        .mapToObj(
                            predicted ->
                                predicted == actual
                                    ? 3L
                                    : predicted == (actual + 1) % labels.size() ? 1L : 0L)
                        .toList())
            .toList();
    Evaluation evaluation =
        new Evaluation(
            Map.of("loss", 0.5), 8, List.of(), Optional.of(new ConfusionMatrix(labels, counts)));
    return new ValidationReport(30, 2, evaluation);
  }

  private static TrainingEnd end(String stopReason) {
    return new TrainingEnd(30, 2, 0.4, Optional.empty(), 960, 9_600, 10, stopReason);
  }

  private static Document parse(String html) throws Exception {
    DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    String xml = html.replace("<!DOCTYPE html>", "").replaceAll("<meta ([^>]*)>", "<meta $1/>");
    return parser.parse(new InputSource(new StringReader(xml)));
  }
}
