package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Page of a learning-rate range test. The template {@code range-test.mustache} refers to these
 * names.
 *
 * @param name the name of the run
 * @param state the result, as a sentence
 * @param charts the curve of the losses over the learning rates
 */
public record RangeTestPage(String name, String state, List<?> charts, List<Row> rows) {
  /** One step. */
  public record Row(String learningRate, String loss, String smoothed) {}

  /**
   * Creates a page.
   *
   * @param learningRates ascending; at least one
   * @param losses the loss at each learning rate
   * @param smoothed the smoothed losses
   * @param suggestion one of the learning rates, or none
   */
  public static RangeTestPage of(
      String name,
      String state,
      double[] learningRates,
      double[] losses,
      double[] smoothed,
      OptionalDouble suggestion) {
    double[] powers = Arrays.stream(learningRates).map(Math::log10).toArray();
    List<Row> rows = new ArrayList<>();
    Series suggested = new Series("suggestion", new double[0], new double[0]);
    for (int i = 0; i < losses.length; i++) {
      if (suggestion.equals(OptionalDouble.of(learningRates[i]))) {
        suggested = new Series("suggestion", new double[] {powers[i]}, new double[] {smoothed[i]});
      }
      rows.add(
          new Row(
              Formats.learningRate(learningRates[i]),
              Formats.number(losses[i]),
              Formats.number(smoothed[i])));
    }
    Chart chart =
        Chart.overLearningRates(
            "range",
            "Smoothed loss by learning rate",
            new Series("smoothed loss", powers, smoothed),
            suggested);
    return new RangeTestPage(name, state, List.of(chart), rows);
  }

  /** Renders the page as self-contained HTML. All texts are escaped. */
  public String toHtml() {
    return Page.template("range-test").execute(this);
  }
}
