package dev.counterpoint.runner.report.html;

import com.samskivert.mustache.Mustache;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Page of a sweep. The template {@code sweep.mustache} refers to these names.
 *
 * @param name the name of the run
 * @param state the result, as a sentence
 * @param charts the compared metric over each setting that has numbers
 * @param head the columns of the table of trials
 * @param trials the trials, best first
 */
public record SweepPage(
    String name, String state, List<?> charts, List<String> head, List<Trial> trials) {
  /**
   * A trial.
   *
   * @param report the path of its report, relative to the page; null if it has none
   * @param cells its row of the table
   * @param value the compared metric; null if it has none
   * @param isComplete false if successive halving stopped it early
   * @param failure why it has failed, as a sentence; null if it has not
   */
  public record Trial(
      @Nullable String report,
      List<String> cells,
      @Nullable Double value,
      boolean isComplete,
      @Nullable String failure) {

    boolean hasReport() {
      return report != null;
    }

    String number() {
      return cells.get(0);
    }

    private Optional<Point> at(int column) {
      try {
        double setting = Double.parseDouble(cells.get(column));
        return value == null ? Optional.empty() : Optional.of(new Point(setting, value));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
  }

  private record Point(double setting, double value) {}

  /**
   * Creates a page.
   *
   * @param first the first column that is a setting; the second column is the metric
   */
  public static SweepPage of(
      String name, String state, List<String> head, List<Trial> trials, int first) {
    List<Chart> charts = new ArrayList<>();
    for (int i = first; i < head.size(); i++) {
      int column = i;
      if (trials.stream()
              .flatMap(it -> it.at(column).stream())
              .map(Point::setting)
              .distinct()
              .count()
          > 1) {
        charts.add(
            Chart.scatter(
                "chart" + column,
                head.get(1) + " by " + head.get(column),
                head.get(column),
                series("complete", trials, column, true),
                series("ended early", trials, column, false)));
      }
    }
    return new SweepPage(name, state, charts, head, trials);
  }

  private static Series series(String name, List<Trial> trials, int column, boolean isComplete) {
    List<Point> points =
        trials.stream()
            .filter(it -> it.isComplete() == isComplete)
            .flatMap(it -> it.at(column).stream())
            .sorted(Comparator.comparingDouble(Point::setting))
            .toList();
    return new Series(
        name,
        points.stream().mapToDouble(Point::setting).toArray(),
        points.stream().mapToDouble(Point::value).toArray());
  }

  /** The trials that have failed. */
  List<Trial> failed() {
    return trials.stream().filter(it -> it.failure() != null).toList();
  }

  boolean hasFailed() {
    return !failed().isEmpty();
  }

  Mustache.Lambda breakable() {
    return Page.BREAKABLE;
  }

  /** Renders the page as self-contained HTML. All texts are escaped. */
  public String toHtml() {
    return Page.template("sweep").execute(this);
  }
}
