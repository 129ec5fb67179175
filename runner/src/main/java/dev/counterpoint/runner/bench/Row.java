package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.settings.Formats;
import java.util.Locale;

/**
 * One row of the benchmark table.
 *
 * @param reference the measurement of Counterpoint
 * @param measured the measurement of the contender
 * @param peak the peak matmul speed of the machine, in GFLOP/s
 */
record Row(
    BenchSize size, Precision precision, Measurement reference, Measurement measured, double peak) {
  private static final String COLUMNS = "%-8s %-9s %-13s %10s %21s %8s %7s %7s %9s %9s %8s";

  /** The heading of the table. */
  static String heading() {
    return Formats.of(
        COLUMNS,
        "size",
        "precision",
        "contender",
        "ms/step",
        "10 % to 90 %",
        "GFLOP/s",
        "of peak",
        "ratio",
        "paired",
        "95% bound",
        "peak MB");
  }

  /**
   * The floating-point operations of the matmuls of a step, divided by its median time, in GFLOP/s.
   */
  private double gigaflops() {
    return size.operations() / measured.median() * 1e-9;
  }

  /** Counterpoint's median step time divided by this contender's. */
  private double ratio() {
    return reference.median() / measured.median();
  }

  ObjectNode json() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("size", name(size));
    json.put("precision", name(precision));
    json.put("contender", name(measured.contender()));
    json.put("medianMs", 1e3 * measured.median());
    json.put("lowMs", 1e3 * measured.quantile(10));
    json.put("highMs", 1e3 * measured.quantile(90));
    json.put("gflops", gigaflops());
    json.put("shareOfPeak", Json.finite(gigaflops() / peak));
    json.put("ratio", Json.finite(ratio()));
    measured.peakBytes().ifPresent(bytes -> json.put("peakBytes", bytes));
    return json;
  }

  String line() {
    return Formats.of(
        COLUMNS,
        name(size),
        name(precision),
        name(measured.contender()),
        Formats.of("%.2f", 1e3 * measured.median()),
        Formats.of("%.2f to %.2f", 1e3 * measured.quantile(10), 1e3 * measured.quantile(90)),
        Formats.of("%.0f", gigaflops()),
        Formats.of("%.0f %%", 100 * gigaflops() / peak),
        Formats.of("%.3f", ratio()),
        Formats.of("%.3f", reference.ratioTo(measured)),
        Formats.of("%.3f", reference.boundTo(measured)),
        measured.peakBytes().isEmpty()
            ? "-"
            : Formats.of("%.0f", 1e-6 * measured.peakBytes().getAsLong()));
  }

  /** The lower-case name of a constant. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
