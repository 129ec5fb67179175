package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.kernel.Precision;
import java.util.Locale;

/**
 * One line of the result.
 *
 * @param own what was timed of Counterpoint
 * @param measured what was timed of the contender
 * @param peak of the machine's matrix products, in 10⁹ operations a second
 */
record Row(
    BenchSize size, Precision precision, Measurement own, Measurement measured, double peak) {
  private static final String COLUMNS = "%-8s %-9s %-13s %10s %21s %8s %7s %7s %9s %9s %8s";

  /** What stands above the lines. */
  static String heading() {
    return String.format(
        Locale.ROOT,
        COLUMNS,
        "size",
        "precision",
        "contender",
        "ms a step",
        "10 % to 90 %",
        "GFLOP/s",
        "of peak",
        "ratio",
        "in turns",
        "at most",
        "peak MB");
  }

  /** Of the matrix products of the step. */
  private double gigaflops() {
    return size.operations() / measured.median() * 1e-9;
  }

  /** Counterpoint's median over this contender's. */
  private double ratio() {
    return own.median() / measured.median();
  }

  ObjectNode json() {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("size", name(size));
    json.put("precision", name(precision));
    json.put("contender", name(measured.contender()));
    json.put("medianMs", 1e3 * measured.median());
    json.put("lowMs", 1e3 * measured.quantile(0.1));
    json.put("highMs", 1e3 * measured.quantile(0.9));
    json.put("gflops", gigaflops());
    json.put("shareOfPeak", gigaflops() / peak);
    json.put("ratio", ratio());
    measured.peakBytes().ifPresent(bytes -> json.put("peakBytes", bytes));
    return json;
  }

  String line() {
    return String.format(
        Locale.ROOT,
        COLUMNS,
        name(size),
        name(precision),
        name(measured.contender()),
        number("%.2f", 1e3 * measured.median()),
        number("%.2f", 1e3 * measured.quantile(0.1))
            + " to "
            + number("%.2f", 1e3 * measured.quantile(0.9)),
        number("%.0f", gigaflops()),
        number("%.0f %%", 100 * gigaflops() / peak),
        number("%.3f", ratio()),
        number("%.3f", own.ratioTo(measured)),
        number("%.3f", own.boundTo(measured)),
        measured.peakBytes().isEmpty()
            ? "-"
            : number("%.0f", 1e-6 * measured.peakBytes().getAsLong()));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /** As a run file has it. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
