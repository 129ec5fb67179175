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
 * Chart of one or more series over steps or a setting, in SVG coordinates of 400 by 220.
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
  private static final int MAX_LEGEND = 8; // curves
  private static final String STEPS = "steps";
  private static final double MIN_LOG_RATIO = 50;
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
   * A series and how it is drawn.
   *
   * @param style the CSS class of the curve
   * @param line whether the values are connected
   * @param marked whether each value has a dot
   */
  record Styled(Series series, String style, boolean line, boolean marked) {}

  /**
   * Creates a chart of series with common axes. Series without finite values are omitted.
   *
   * @param series the first is drawn as a line; the others also have a dot at each value
   */
  static Chart of(String id, String title, Series... series) {
    List<Styled> styled = new ArrayList<>();
    for (Series each : series) {
      styled.add(new Styled(each, styled.isEmpty() ? "first" : "second", true, !styled.isEmpty()));
    }
    return of(id, title, styled);
  }

  /** Creates a chart of styled series with common axes. */
  static Chart of(String id, String title, List<Styled> series) {
    List<Styled> drawn = series.stream().filter(it -> it.series().hasValues()).toList();
    double last = drawn.stream().mapToDouble(it -> lastStep(it.series())).max().orElse(1);
    return of(id, title, STEPS, Ticks.spanning(0, last), Ticks::text, drawn);
  }

  /**
   * Creates a chart of losses over learning rates, on a logarithmic axis.
   *
   * @param line drawn as a line; its steps are decimal logarithms of learning rates
   * @param dots drawn as points; may be empty
   */
  static Chart overLearningRates(String id, String title, Series line, Series dots) {
    return of(
        id,
        title,
        "learning rate",
        Ticks.spanning(line.steps()[0], lastStep(line)),
        power -> Ticks.text(Math.pow(10, power)),
        Stream.of(new Styled(line, "first", true, false), new Styled(dots, "second", false, true))
            .filter(it -> it.series().hasValues())
            .toList());
  }

  /**
   * Creates a chart of points over a setting, whose axis is logarithmic if the values are positive
   * and differ by a factor of at least 50.
   *
   * @param points the points of each series, with ascending values of the setting
   */
  static Chart scatter(String id, String title, String setting, Series... points) {
    List<Series> all = Stream.of(points).filter(Series::hasValues).toList();
    double min = all.stream().mapToDouble(it -> it.steps()[0]).min().orElse(0);
    double max = all.stream().mapToDouble(Chart::lastStep).max().orElse(1);
    boolean log = min > 0 && max / min >= MIN_LOG_RATIO;
    List<Styled> drawn = new ArrayList<>();
    for (Series each : all) {
      double[] across = log ? Arrays.stream(each.steps()).map(Math::log10).toArray() : each.steps();
      drawn.add(
          new Styled(
              new Series(each.name(), across, each.values()),
              each.equals(points[0]) ? "first" : "second",
              false,
              true));
    }
    return of(
        id,
        title,
        setting,
        log ? Ticks.spanning(Math.log10(min), Math.log10(max)) : Ticks.spanning(min, max),
        value -> Ticks.text(log ? Math.pow(10, value) : value),
        drawn);
  }

  private static Chart of(
      String id,
      String title,
      String over,
      Ticks across,
      DoubleFunction<String> text,
      List<Styled> drawn) {
    List<Series> values = drawn.stream().map(Styled::series).toList();
    Ticks heights =
        Ticks.spanning(
            values.stream().mapToDouble(Series::smallest).min().orElse(0),
            values.stream().mapToDouble(Series::largest).max().orElse(1));
    return new Chart(
        id,
        title,
        over,
        values.stream()
            .map(it -> it.describe(over.equals(STEPS) ? "step" : over, text))
            .collect(Collectors.joining("; ", "", ".")),
        drawn.stream().map(each -> curve(each, across, heights)).toList(),
        ticks(across, Chart::x, text),
        ticks(heights, Chart::y, Ticks::text));
  }

  /** Returns whether there is at least one curve. */
  boolean hasCurves() {
    return !curves.isEmpty();
  }

  /** Returns whether the chart has a legend: if it has from 2 to {@link #MAX_LEGEND} curves. */
  boolean hasLegend() {
    return curves.size() > 1 && curves.size() <= MAX_LEGEND;
  }

  private static double lastStep(Series series) {
    return series.steps()[series.steps().length - 1];
  }

  private static Curve curve(Styled styled, Ticks steps, Ticks values) {
    Series series = styled.line() ? styled.series().thinned(MAX_POINTS) : styled.series();
    List<String> lines = new ArrayList<>();
    List<Dot> dots = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < series.values().length; i++) {
      if (Double.isFinite(series.values()[i])) {
        Dot dot = new Dot(x(steps, series.steps()[i]), y(values, series.values()[i]));
        line.append(dot.x()).append(',').append(dot.y()).append(' ');
        if (styled.marked() || series.values().length == 1) {
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
    return new Curve(series.name(), styled.style(), styled.line() ? lines : List.of(), dots);
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
