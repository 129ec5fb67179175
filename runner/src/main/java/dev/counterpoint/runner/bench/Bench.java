package dev.counterpoint.runner.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.MatmulSpeed;
import dev.counterpoint.core.kernel.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Times the steps of all contenders in turns, so that whatever else the machine does falls on all
 * of them; the order is turned round each time, as who comes after one like itself finds the caches
 * full of what it needs. In each of its turns a contender warms up for a quarter as many steps as
 * are timed then. Who is alone takes all steps in one turn, as a training does.
 *
 * @param contenders who takes part; Counterpoint always does, EasyTrain in float32 only
 * @param python where PyTorch is installed; null where it takes no part
 * @param turns of each contender
 * @param memory how much Counterpoint holds at most, alone; asked for where PyTorch takes part
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

  /** Tells the peak of a process in which Counterpoint alone takes the steps. */
  @FunctionalInterface
  public interface Memory {
    /** Bytes; none where the system does not tell. */
    OptionalLong peak(BenchSize size, Precision precision) throws IOException;
  }

  /**
   * Starts PyTorch once, so that a Python without it is known before the first minutes are spent.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings with what it said
   */
  public void check() throws IOException {
    if (python != null) {
      pytorch(BenchSize.SMALL, Precision.FLOAT32).close();
    }
  }

  /**
   * Runs it.
   *
   * @param table told each line of the table as soon as it is known
   * @return the rows, as {@code bench.json} has them
   */
  public ArrayNode run(Consumer<String> table) throws IOException {
    Map<Precision, Double> peaks = new EnumMap<>(Precision.class);
    ArrayNode rows = new JsonMapper().createArrayNode();
    for (BenchSize size : sizes) {
      for (Precision precision : precisions) {
        if (size.generates() && precision != Precision.FLOAT32) {
          continue; // "generate" computes in float32, whatever the training did
        }
        List<Measurement> measured = measure(size, precision);
        if (peaks.isEmpty()) { // after the first, whose memory this would count to
          tellPeaks(peaks, table);
          table.accept(Row.heading());
        }
        double peak = Objects.requireNonNull(peaks.get(precision));
        for (Measurement each : measured) {
          Row row = new Row(size, precision, measured.get(0), each, peak);
          rows.add(row.json());
          table.accept(row.line());
        }
      }
    }
    return rows;
  }

  private void tellPeaks(Map<Precision, Double> peaks, Consumer<String> table) {
    for (Precision precision : precisions) {
      double peak = peak(precision);
      peaks.put(precision, peak);
      table.accept(
          String.format(
              Locale.ROOT, "best product in %s: %.0f GFLOP/s", Row.name(precision), peak));
    }
  }

  private static double peak(Precision precision) {
    return Arrays.stream(PEAK_SIZES)
        .mapToDouble(size -> MatmulSpeed.gigaflops(Device.cpu(), precision, size))
        .max()
        .orElseThrow();
  }

  /** In the order of the contenders, Counterpoint first. */
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
        present.size() == 1 ? atOnce(size, present) : alternately(size, present);
    List<Measurement> measured = new ArrayList<>();
    for (Map.Entry<Contender.Kind, Contender> each : present.entrySet()) {
      double[][] timed = Objects.requireNonNull(seconds.get(each.getKey()));
      OptionalLong held = peak(each.getKey(), each.getValue(), size, precision);
      measured.add(new Measurement(each.getKey(), timed, held));
    }
    return measured;
  }

  private Map<Contender.Kind, double[][]> atOnce(
      BenchSize size, Map<Contender.Kind, Contender> present) throws IOException {
    Map<Contender.Kind, double[][]> seconds = new EnumMap<>(Contender.Kind.class);
    int warmUp = size.warmUp() + size.timed();
    for (Map.Entry<Contender.Kind, Contender> alone : present.entrySet()) {
      double[] all = alone.getValue().train(warmUp + turns * size.timed());
      seconds.put(alone.getKey(), new double[][] {Arrays.copyOfRange(all, warmUp, all.length)});
    }
    return seconds;
  }

  private Map<Contender.Kind, double[][]> alternately(
      BenchSize size, Map<Contender.Kind, Contender> present) throws IOException {
    int steps = size.warmUp() + size.timed();
    Map<Contender.Kind, double[][]> seconds = new EnumMap<>(Contender.Kind.class);
    for (Map.Entry<Contender.Kind, Contender> each : present.entrySet()) {
      each.getValue().train(steps); // nobody's first turn counts
      seconds.put(each.getKey(), new double[turns][]);
    }
    List<Map.Entry<Contender.Kind, Contender>> order = new ArrayList<>(present.entrySet());
    for (int turn = 0; turn < turns; turn++) {
      for (Map.Entry<Contender.Kind, Contender> each : order) {
        double[] all = each.getValue().train(steps);
        double[][] timed = Objects.requireNonNull(seconds.get(each.getKey()));
        timed[turn] = Arrays.copyOfRange(all, size.warmUp(), all.length);
      }
      Collections.reverse(order);
    }
    return seconds;
  }

  /** A contender that is a process tells its own peak, Counterpoint's is that of one like it. */
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

  /** Where there is something to compare it with, or nothing but that to tell. */
  private boolean measuresMemory() {
    return takesPart(Contender.Kind.PYTORCH, BenchSize.SMALL, Precision.FLOAT32)
        || contenders.equals(EnumSet.of(Contender.Kind.COUNTERPOINT));
  }
}
