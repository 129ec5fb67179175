package dev.counterpoint.runner.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.ProductSpeed;
import dev.counterpoint.runner.rundir.PeakMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Times the training steps of all contenders in turns, so that whatever else the machine does falls
 * on all of them. In each of its turns a contender warms up for a quarter as many steps as are
 * timed then.
 *
 * @param contenders who takes part; Counterpoint always does, EasyTrain in float32 only
 * @param python where PyTorch is installed; null where it takes no part
 * @param turns of each contender
 */
public record Bench(
    Set<EncoderSize> sizes,
    Set<Precision> precisions,
    Set<Contender.Kind> contenders,
    @Nullable Path python,
    int turns) {
  static final double LEARNING_RATE = 1e-3;
  private static final int BATCHES = 4;
  private static final int[] PEAK_SIZES = {1024, 2048};

  /**
   * Starts PyTorch once, so that a Python without it is known before the first minutes are spent.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings with what it said
   */
  public void check() throws IOException {
    if (python != null) {
      pytorch(EncoderSize.SMALL, Precision.FLOAT32).close();
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
    for (Precision precision : precisions) {
      double peak = peak(precision);
      peaks.put(precision, peak);
      table.accept(
          String.format(
              Locale.ROOT, "best product in %s: %.0f GFLOP/s", Row.name(precision), peak));
    }
    table.accept(Row.heading());
    ArrayNode rows = new JsonMapper().createArrayNode();
    for (EncoderSize size : sizes) {
      for (Precision precision : precisions) {
        List<Measurement> measured = measure(size, precision, table);
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

  private static double peak(Precision precision) {
    return Arrays.stream(PEAK_SIZES)
        .mapToDouble(size -> ProductSpeed.gigaflops(Device.cpu(), precision, size))
        .max()
        .orElseThrow();
  }

  /** In the order of the contenders, Counterpoint first. */
  private List<Measurement> measure(EncoderSize size, Precision precision, Consumer<String> remarks)
      throws IOException {
    Map<Contender.Kind, Contender> present = new EnumMap<>(Contender.Kind.class);
    try {
      for (Contender.Kind kind : Contender.Kind.values()) {
        if (takesPart(kind, precision)) {
          present.put(kind, start(kind, size, precision));
        }
      }
      List<Measurement> measured = inTurns(size, present);
      if (present.get(Contender.Kind.PYTORCH) instanceof PyTorch pytorch) {
        remarks.accept(memory(pytorch));
      }
      return measured;
    } finally {
      present.values().forEach(Contender::close);
    }
  }

  private boolean takesPart(Contender.Kind kind, Precision precision) {
    return switch (kind) {
      case COUNTERPOINT -> true;
      case BARE -> contenders.contains(kind);
      case EASYTRAIN -> contenders.contains(kind) && precision == Precision.FLOAT32;
      case PYTORCH -> contenders.contains(kind) && python != null;
    };
  }

  private Contender start(Contender.Kind kind, EncoderSize size, Precision precision)
      throws IOException {
    return switch (kind) {
      case COUNTERPOINT -> new TrainerContender(size, precision);
      case BARE -> new BareContender(size, precision);
      case EASYTRAIN -> new EasyTrainContender(size);
      case PYTORCH -> pytorch(size, precision);
    };
  }

  private PyTorch pytorch(EncoderSize size, Precision precision) throws IOException {
    List<HostBatch> batches =
        IntStream.range(0, BATCHES).mapToObj(new RandomItems(size, 0)::batch).toList();
    return new PyTorch(Objects.requireNonNull(python), size, precision, batches, null);
  }

  private List<Measurement> inTurns(EncoderSize size, Map<Contender.Kind, Contender> present)
      throws IOException {
    int steps = size.warmUp() + size.timed();
    Map<Contender.Kind, double[][]> seconds = new EnumMap<>(Contender.Kind.class);
    for (Map.Entry<Contender.Kind, Contender> each : present.entrySet()) {
      each.getValue().train(steps); // nobody's first turn counts
      seconds.put(each.getKey(), new double[turns][]);
    }
    for (int turn = 0; turn < turns; turn++) {
      for (Map.Entry<Contender.Kind, Contender> each : present.entrySet()) {
        double[] all = each.getValue().train(steps);
        double[][] timed = Objects.requireNonNull(seconds.get(each.getKey()));
        timed[turn] = Arrays.copyOfRange(all, size.warmUp(), all.length);
      }
    }
    List<Measurement> measured = new ArrayList<>();
    seconds.forEach((kind, timed) -> measured.add(new Measurement(kind, timed)));
    return measured;
  }

  /** This process's peak counts all that has been in it so far: see the command's help. */
  private static String memory(PyTorch pytorch) {
    return String.format(
        Locale.ROOT,
        "peak memory so far: this process %.0f MB, PyTorch %s %.0f MB",
        PeakMemory.bytes().orElse(0) * 1e-6,
        pytorch.version(),
        pytorch.peakBytes() * 1e-6);
  }
}
