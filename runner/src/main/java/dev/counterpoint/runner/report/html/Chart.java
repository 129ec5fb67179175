package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Line chart of one or more series over steps or learning rates, in SVG coordinates of 400 by 220.
 *
 * @param id prefix of the element ids in the page
 * @param over the name of the horizontal axis
 * @param description text alternative for screen readers
 * @param curves the curves, drawn in this order
 * @param across ticks of the horizontal axis
 * @param up ticks of the vertical axis
 */
record Chart(
    String id,
    String title,
    String over,
    String description,
    List<Curve> curves,
    List<Tick> across,
    List<Tick> up) {
  private static final int MAX_POINTS = 400;
  private static final double LEFT = 52;
  private static final double RIGHT = 378;
  private static final double TOP = 10;
  private static final double BOTTOM = 190;

  /**
   * One curve.
   *
   * @param style the CSS class
   * @param lines the points of one polyline per section without a gap
   * @param dots the marked points
   */
  record Curve(String name, String style, List<String> lines, List<Dot> dots) {}

  /** A point, in SVG coordinates. */
  record Dot(String x, String y) {}

  /**
   * A tick of an axis.
   *
   * @param at the SVG coordinate along the axis
   */
  record Tick(String at, String text) {}

  /**
   * Creates a chart of series with common axes. Series without finite values are omitted.
   *
   * @param series the first is drawn as a line; the others also have a dot at each value
   */
  static Chart of(String id, String title, Series... series) {
    List<Series> drawn = Stream.of(series).filter(Series::hasValues).toList();
    Ticks steps = Ticks.spanning(0, drawn.stream().mapToDouble(Chart::lastStep).max().orElse(1));
    return of(id, title, "steps", steps, Ticks::text, drawn, series[0]);
  }

  /**
   * Creates a chart of losses over learning rates, on a logarithmic axis.
   *
   * @param line drawn as a line; its steps are decimal logarithms of learning rates
   * @param dots the points, with the same steps
   */
  static Chart overLearningRates(String id, String title, Series line, Series dots) {
    Ticks powers = Ticks.spanning(line.steps()[0], lastStep(line));
    return of(
        id,
        title,
        "learning rate",
        powers,
        power -> Ticks.text(Math.pow(10, power)),
        List.of(line, dots),
        line);
  }

  private static Chart of(
      String id,
      String title,
      String over,
      Ticks across,
      DoubleFunction<String> text,
      List<Series> drawn,
      Series line) {
    Ticks values =
        Ticks.spanning(
            drawn.stream().mapToDouble(Series::smallest).min().orElse(0),
            drawn.stream().mapToDouble(Series::largest).max().orElse(1));
    List<Curve> curves = new ArrayList<>();
    for (Series each : drawn) {
      curves.add(curve(each.thinned(MAX_POINTS), !each.equals(line), across, values));
    }
    return new Chart(
        id,
        title,
        over,
        drawn.stream().map(Series::describe).collect(Collectors.joining("; ", "", ".")),
        curves,
        ticks(across, Chart::x, text),
        ticks(values, Chart::y, Ticks::text));
  }

  /** Returns whether there is at least one curve. */
  boolean hasCurves() {
    return !curves.isEmpty();
  }

  /** Returns whether the chart needs a legend, which is if it has several curves. */
  boolean hasLegend() {
    return curves.size() > 1;
  }

  private static double lastStep(Series series) {
    return series.steps()[series.steps().length - 1];
  }

  private static Curve curve(Series series, boolean marked, Ticks steps, Ticks values) {
    List<String> lines = new ArrayList<>();
    List<Dot> dots = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < series.values().length; i++) {
      if (Double.isFinite(series.values()[i])) {
        Dot dot = new Dot(x(steps, series.steps()[i]), y(values, series.values()[i]));
        line.append(dot.x()).append(',').append(dot.y()).append(' ');
        if (marked || series.values().length == 1) {
          dots.add(dot);
        }
      } else if (!line.isEmpty()) {
        lines.add(line.toString().strip());
        line.setLength(0);
      }
    }
    if (!line.isEmpty()) {
      lines.add(line.toString().strip());
    }
    return new Curve(series.name(), marked ? "second" : "first", lines, dots);
  }

  private static List<Tick> ticks(
      Ticks ticks, BiFunction<Ticks, Double, String> axis, DoubleFunction<String> text) {
    return Arrays.stream(ticks.all())
        .mapToObj(value -> new Tick(axis.apply(ticks, value), text.apply(value)))
        .toList();
  }

  private static String x(Ticks steps, double step) {
    return coordinate(LEFT + steps.fraction(step) * (RIGHT - LEFT));
  }

  private static String y(Ticks values, double value) {
    return coordinate(BOTTOM - values.fraction(value) * (BOTTOM - TOP));
  }

  private static String coordinate(double value) {
    return Formats.of("%.1f", value);
  }
}
