package dev.counterpoint.runner.tune;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.training.failure.OutOfMemoryException;
import dev.counterpoint.runner.machine.Memory;
import dev.counterpoint.runner.rundir.PeakMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures training steps with batch sizes of 1, 2, 4 and so on, at learning rate 0. Linux ends a
 * process that uses more memory than the machine has, so a size is not tried if the growth of the
 * memory predicts that it does not fit.
 */
public final class BatchSizes {
  private static final int WARM_UP = 2;
  private static final int STEPS = 7;
  private static final double MAX_STEP_SECONDS = 10;
  private static final double MAX_SHARE = 0.9; // of the available memory

  private final Probe probe;
  private final StopSignal stop;

  /**
   * Creates a measurement that has not started.
   *
   * @param stop requests the end of the measurement
   */
  public BatchSizes(Probe probe, StopSignal stop) {
    this.probe = probe;
    this.stop = stop;
  }

  /**
   * The measurement of one batch size.
   *
   * @param seconds the median duration of a step
   * @param peakBytes the peak memory of the process so far; 0 if unknown
   */
  public record Row(int size, double seconds, long peakBytes) {
    /** The median number of examples per second. */
    public double examplesPerSecond() {
      return size / seconds;
    }
  }

  /**
   * The result.
   *
   * @param rows one for each measured size, in ascending order
   * @param end why no larger size was measured
   */
  public record Outcome(List<Row> rows, String end) {}

  /** Measures all sizes; each row is also passed on immediately after its measurement. */
  public Outcome run(Consumer<Row> measured) throws IOException {
    List<Row> rows = new ArrayList<>();
    long examples = probe.data().train().size();
    long available = available();
    long start = PeakMemory.bytes().orElse(0);
    long before = start;
    for (int size = 1; size <= examples; size *= 2) {
      int batch = size;
      List<Double> seconds = new ArrayList<>();
      Callback timer =
          new Callback() {
            @Override
            public void onStep(StepReport report) {
              seconds.add(report.seconds() / report.examples() * batch); // the last may be smaller
            }
          };
      Map<String, Object> changes = new HashMap<>();
      changes.put("batchSize", size);
      changes.put("microBatchSize", null);
      changes.put("schedule", (Schedule) (base, step, total) -> 0);
      try {
        probe.train(STEPS, changes, stop, timer);
      } catch (OutOfMemoryException e) {
        return new Outcome(rows, size + " does not fit into memory");
      }
      if (stop.requested()) {
        return new Outcome(rows, "stopped");
      }
      long peak = PeakMemory.bytes().orElse(0);
      double median =
          seconds.stream()
              .skip(WARM_UP)
              .sorted()
              .skip((STEPS - WARM_UP) / 2)
              .findFirst()
              .orElse(0.0);
      rows.add(new Row(size, median, peak));
      measured.accept(rows.get(rows.size() - 1));
      if (peak - start + 2 * (peak - before) > MAX_SHARE * available) {
        return new Outcome(rows, 2 * size + " would not fit into memory");
      }
      if (median > MAX_STEP_SECONDS) {
        return new Outcome(rows, "a step takes more than " + (long) MAX_STEP_SECONDS + " seconds");
      }
      before = peak;
    }
    return new Outcome(rows, "the training split has " + examples + " examples");
  }

  /** The memory that this process can use without swapping, in bytes. */
  private static long available() throws IOException {
    Path information = Path.of("/proc/meminfo");
    long physical = Memory.read().physicalBytes();
    return Files.exists(information)
        ? Files.readAllLines(information).stream()
            .filter(line -> line.startsWith("MemAvailable:"))
            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
            .map(free -> Math.min(physical, free))
            .findFirst()
            .orElse(physical)
        : physical;
  }
}
