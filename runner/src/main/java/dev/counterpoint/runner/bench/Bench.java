package dev.counterpoint.runner.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.MatmulSpeed;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.settings.Formats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Benchmark of training steps (or generated tokens) of Counterpoint against other implementations.
 *
 * <p>The contenders run in alternating turns, so that other load on the machine affects all of them
 * equally. The order is reversed after each round, because a contender that runs after a similar
 * one benefits from warm caches. Each turn starts with warm-up steps, a quarter of the number of
 * timed steps. A single contender runs all steps in one turn, as in training.
 *
 * @param sizes the model sizes to measure
 * @param precisions the precisions to measure
 * @param contenders the implementations to measure; Counterpoint is always included, EasyTrain only
 *     in float32
 * @param python the Python interpreter with PyTorch; null to omit PyTorch
 * @param turns the number of turns of each contender
 * @param memory measures Counterpoint's peak memory; used if PyTorch is measured too
 */
public record Bench(
    Set<BenchSize> sizes,
    Set<Precision> precisions,
    Set<Contender.Kind> contenders,
    @Nullable Path python,
    int turns,
    Memory memory) {
  static final double LEARNING_RATE = 1e-3;
  private static final int[] PEAK_SIZES = {1024, 2048};

  /** Measures the peak memory of a process that runs only Counterpoint's steps. */
  @FunctionalInterface
  public interface Memory {
    /** The peak memory in bytes; empty if the operating system does not report it. */
    OptionalLong peak(BenchSize size, Precision precision) throws IOException;
  }

  /**
   * Starts PyTorch once, so that a Python installation without PyTorch is reported before the
   * benchmark starts.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings if it does not start, with its output
   */
  public void check() throws IOException {
    if (python != null) {
      pytorch(BenchSize.SMALL, Precision.FLOAT32).close();
    }
  }

  /**
   * Runs the benchmark.
   *
   * @param table receives each line of the table as soon as it is measured
   * @return the rows of {@code bench.json}
   */
  public ArrayNode run(Consumer<String> table) throws IOException {
    Map<Precision, Double> peaks = new EnumMap<>(Precision.class);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    for (BenchSize size : sizes) {
      for (Precision precision : precisions) {
        if (size.generates() && precision != Precision.FLOAT32) {
          continue; // generation always runs in float32
        }
        List<Measurement> measured = measure(size, precision);
        if (peaks.isEmpty()) { // after the first measurement, so that it does not add to its memory
          measurePeaks(peaks, table);
          table.accept(Row.heading());
        }
        double peak = Objects.requireNonNull(peaks.get(precision));
        for (Measurement measurement : measured) {
          Row row = new Row(size, precision, measured.get(0), measurement, peak);
          rows.add(row.json());
          table.accept(row.line());
        }
      }
    }
    return rows;
  }

  private void measurePeaks(Map<Precision, Double> peaks, Consumer<String> table) {
    for (Precision precision : precisions) {
      double peak = peak(precision);
      peaks.put(precision, peak);
      table.accept(Formats.of("peak matmul speed in %s: %.0f GFLOP/s", Row.name(precision), peak));
    }
  }

  private static double peak(Precision precision) {
    return Arrays.stream(PEAK_SIZES)
        .mapToDouble(size -> MatmulSpeed.gigaflops(Device.cpu(), precision, size))
        .max()
        .orElseThrow();
  }

  /** The measurements in the order of {@link Contender.Kind}, Counterpoint first. */
  private List<Measurement> measure(BenchSize size, Precision precision) throws IOException {
    Map<Contender.Kind, Contender> present = new EnumMap<>(Contender.Kind.class);
    try {
      for (Contender.Kind kind : Contender.Kind.values()) {
        if (takesPart(kind, size, precision)) {
          present.put(kind, start(kind, size, precision));
        }
      }
      return inTurns(size, precision, present);
    } finally {
      present.values().forEach(Contender::close);
    }
  }

  private boolean takesPart(Contender.Kind kind, BenchSize size, Precision precision) {
    return switch (kind) {
      case COUNTERPOINT -> true;
      case BARE -> contenders.contains(kind) && size.isEncoder();
      case EASYTRAIN ->
          contenders.contains(kind) && size.isEncoder() && precision == Precision.FLOAT32;
      case PYTORCH -> contenders.contains(kind) && python != null;
    };
  }

  private Contender start(Contender.Kind kind, BenchSize size, Precision precision)
      throws IOException {
    return switch (kind) {
      case COUNTERPOINT ->
          size.generates()
              ? new GeneratorContender(size, precision)
              : new TrainerContender(size, precision);
      case BARE -> new BareContender(size, precision);
      case EASYTRAIN -> new EasyTrainContender(size);
      case PYTORCH -> pytorch(size, precision);
    };
  }

  private PyTorch pytorch(BenchSize size, Precision precision) throws IOException {
    List<HostBatch> batches = new RandomExamples(size, 0).firstBatches();
    return new PyTorch(Objects.requireNonNull(python), size, precision, batches, null);
  }

  private List<Measurement> inTurns(
      BenchSize size, Precision precision, Map<Contender.Kind, Contender> present)
      throws IOException {
    Map<Contender.Kind, double[][]> seconds =
        present.size() == 1 ? inOneTurn(size, present) : alternating(size, present);
    List<Measurement> measured = new ArrayList<>();
    for (Map.Entry<Contender.Kind, Contender> entry : present.entrySet()) {
      double[][] timed = Objects.requireNonNull(seconds.get(entry.getKey()));
      OptionalLong peak = peak(entry.getKey(), entry.getValue(), size, precision);
      measured.add(new Measurement(entry.getKey(), timed, peak));
    }
    return measured;
  }

  private Map<Contender.Kind, double[][]> inOneTurn(
      BenchSize size, Map<Contender.Kind, Contender> present) throws IOException {
    Map<Contender.Kind, double[][]> seconds = new EnumMap<>(Contender.Kind.class);
    int warmUp = size.warmUp() + size.timed();
    for (Map.Entry<Contender.Kind, Contender> entry : present.entrySet()) {
      double[] all = entry.getValue().train(warmUp + turns * size.timed());
      seconds.put(entry.getKey(), new double[][] {Arrays.copyOfRange(all, warmUp, all.length)});
    }
    return seconds;
  }

  private Map<Contender.Kind, double[][]> alternating(
      BenchSize size, Map<Contender.Kind, Contender> present) throws IOException {
    int steps = size.warmUp() + size.timed();
    Map<Contender.Kind, double[][]> seconds = new EnumMap<>(Contender.Kind.class);
    for (Map.Entry<Contender.Kind, Contender> entry : present.entrySet()) {
      entry.getValue().train(steps); // the first turn of each contender is not counted
      seconds.put(entry.getKey(), new double[turns][]);
    }
    List<Map.Entry<Contender.Kind, Contender>> order = new ArrayList<>(present.entrySet());
    for (int turn = 0; turn < turns; turn++) {
      for (Map.Entry<Contender.Kind, Contender> entry : order) {
        double[] all = entry.getValue().train(steps);
        double[][] timed = Objects.requireNonNull(seconds.get(entry.getKey()));
        timed[turn] = Arrays.copyOfRange(all, size.warmUp(), all.length);
      }
      Collections.reverse(order);
    }
    return seconds;
  }

  /** PyTorch reports the peak of its process; Counterpoint's is measured in a separate process. */
  private OptionalLong peak(
      Contender.Kind kind, Contender contender, BenchSize size, Precision precision)
      throws IOException {
    if (contender instanceof PyTorch pytorch) {
      return OptionalLong.of(pytorch.peakBytes());
    }
    return kind == Contender.Kind.COUNTERPOINT && measuresMemory()
        ? memory.peak(size, precision)
        : OptionalLong.empty();
  }

  /**
   * Whether to measure Counterpoint's peak memory: if PyTorch takes part for comparison, or if no
   * other implementation takes part.
   */
  private boolean measuresMemory() {
    return takesPart(Contender.Kind.PYTORCH, BenchSize.SMALL, Precision.FLOAT32)
        || contenders.equals(EnumSet.of(Contender.Kind.COUNTERPOINT));
  }
}
