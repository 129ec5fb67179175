package dev.counterpoint.runner.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.counterpoint.runner.comparison.Comparison;
import dev.counterpoint.runner.comparison.RunGroup;
import dev.counterpoint.runner.rundir.RunRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Page that compares runs: settings that differ, results, curves and statistics over seeds. The
 * template {@code comparison.mustache} refers to these names.
 *
 * @param groups the names of the groups
 * @param settings the settings that differ, with a value for each group
 * @param metrics the metric columns of the table of runs
 * @param runs the rows of the table of runs
 * @param charts the charts that have curves
 * @param findings the statistics of each metric
 */
public record ComparisonPage(
    List<String> groups,
    List<Comparison.Setting> settings,
    List<String> metrics,
    List<Row> runs,
    List<Chart> charts,
    List<Finding> findings) {
  private static final Template TEMPLATE = Page.template("comparison");
  private static final int STYLES = 8; // of curves in the template
  private static final int MAX_MARKED = 30; // values of a curve with a dot at each

  /**
   * A row of the table of runs.
   *
   * @param style the CSS class of the run's curves
   */
  record Row(
      String name, String group, String style, String state, long step, List<String> values) {}

  /** The statistics of a metric, as lines of text. */
  record Finding(String metric, List<String> lines) {}

  /** Creates the page of a comparison from the metrics of its runs. */
  public static ComparisonPage of(Comparison comparison) throws IOException {
    List<Row> rows = new ArrayList<>();
    Map<String, List<Chart.Styled>> curves = new LinkedHashMap<>();
    for (RunGroup group : comparison.groups()) {
      String style = "c" + comparison.groups().indexOf(group) % STYLES;
      for (RunRecord run : group.runs()) {
        List<String> values = run.formatted(comparison.metrics());
        rows.add(
            new Row(run.label(), group.name(), style, run.state().toString(), run.steps(), values));
        RunLog log = RunLog.readAny(run.directory().metrics());
        add("Training loss", "loss", log.train(), run, style, curves);
        for (String metric : comparison.metrics()) {
          add("Validation: " + metric, metric, log.validation(), run, style, curves);
        }
      }
    }
    List<Chart> charts = new ArrayList<>();
    curves.forEach((title, drawn) -> charts.add(Chart.of("chart" + charts.size(), title, drawn)));
    charts.removeIf(chart -> !chart.hasCurves());
    return new ComparisonPage(
        comparison.groups().stream().map(RunGroup::name).toList(),
        comparison.settings(),
        comparison.metrics(),
        rows,
        charts,
        comparison.metrics().stream()
            .map(metric -> new Finding(metric, comparison.describe(metric)))
            .toList());
  }

  private static void add(
      String title,
      String column,
      List<JsonNode> rows,
      RunRecord run,
      String style,
      Map<String, List<Chart.Styled>> curves) {
    if (!rows.isEmpty()) {
      Series series = RunLog.series(run.label(), rows, column);
      curves
          .computeIfAbsent(title, key -> new ArrayList<>())
          .add(new Chart.Styled(series, style, true, rows.size() <= MAX_MARKED));
    }
  }

  Mustache.Lambda breakable() {
    return Page.BREAKABLE;
  }

  /** Renders the page as self-contained HTML. All texts are escaped. */
  public String toHtml() {
    return TEMPLATE.execute(this);
  }

  /** Whether settings differ between the runs. */
  boolean hasSettings() {
    return !settings.isEmpty();
  }
}
