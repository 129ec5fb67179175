package dev.counterpoint.runner.profile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.distributed.Shard;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.tune.Probe;
import dev.counterpoint.runner.wiring.RunFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where the time of a training step goes.
 *
 * @param steps the number of measured steps
 * @param seconds the mean duration of a step
 * @param overhead the relative difference of the medians of steps with and without profiling
 * @param rows the phases of a step and, after each, its layers; the phases add up to the step
 * @param validationSeconds the duration of a validation; 0 without a validation split
 * @param checkpointSeconds the duration of a checkpoint that is not written in the background
 * @param spans the measured intervals, in order
 */
public record Profile(
    int steps,
    double seconds,
    double overhead,
    List<Row> rows,
    double validationSeconds,
    double checkpointSeconds,
    List<Span> spans) {
  private static final int WARM_UP = 3;
  private static final int MAX_BACKWARD = 20; // backward passes whose layers are measured
  private static final double MAX_SECONDS = 30; // for them

  /** A part of a training step, in the order of the step. */
  public enum Phase {
    DATA_WAIT,
    FORWARD,
    LOSS,
    BACKWARD,
    EXCHANGE,
    OPTIMIZER,
    OTHER;

    /** The name in tables. */
    public String title() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * A part of the step.
   *
   * @param layer the layer's path and class; empty for the phase itself
   * @param seconds the mean time per step
   * @param bytes the mean size of the layer's outputs per step; 0 for a phase
   */
  public record Row(Phase phase, String layer, double seconds, long bytes) {}

  /**
   * A measured interval.
   *
   * @param layer as in {@link Row}
   * @param begin nanoseconds
   * @param end nanoseconds
   * @param bytes the size of the layer's output
   */
  public record Span(Phase phase, String layer, long begin, long end, long bytes) {}

  /**
   * Profiles a run.
   *
   * @param steps the number of measured steps
   * @param scratch an empty folder for a checkpoint
   */
  public static Profile of(Probe probe, RunFile file, int steps, Path scratch) {
    StepProfiler profiler = new StepProfiler(WARM_UP);
    Loss loss = file.loss() == null ? probe.model().lossFunction() : file.loss();
    if (!(loss instanceof Layer)) { // the model finds its parameters by its field
      probe.model().replaceLoss(profiler.around(loss));
    }
    RunOptions options =
        new RunOptions(
            file.seed(),
            List.of(profiler),
            new StopSignal(),
            new CheckpointStore(scratch, 1),
            new CheckpointPolicy(0, 1, null, false));
    try (LayerObserver observer = LayerObserver.begin(probe.model(), profiler::layer)) {
      probe.train(2 * steps + WARM_UP, Map.of(), probe.data(), options, profiler::around);
    }
    return profiler.profile(backward(probe, file, steps));
  }

  /** The parts of the layers in the backward pass of some batches. */
  private static Map<String, Double> backward(Probe probe, RunFile file, int steps) {
    TrainingConfig training = file.training();
    Dataset train = probe.data().train();
    ShuffledSampler sampler = training.sampler(train, file.seed(), 1);
    BackwardTimes times = new BackwardTimes(probe.model());
    long begin = System.nanoTime();
    for (int i = 0; i < Math.min(steps, MAX_BACKWARD) && i < sampler.steps(); i++) {
      try (StepBatch batch =
          new StepBatch(
              train,
              sampler.indices(i),
              Shard.of(0, 1),
              training.microBatch(),
              probe.model().device())) {
        times.measure(batch.microBatches().get(0));
      }
      if ((System.nanoTime() - begin) * 1e-9 > MAX_SECONDS) {
        break;
      }
    }
    return times.parts();
  }

  /** The measured intervals in the Trace Event Format of Chrome, for Perfetto. */
  public ObjectNode trace() {
    ObjectNode trace = Json.MAPPER.createObjectNode();
    ArrayNode events = trace.putArray("traceEvents");
    for (Span span : spans) {
      events
          .addObject()
          .put("name", span.layer().isEmpty() ? span.phase().title() : span.layer())
          .put("cat", span.phase().title())
          .put("ph", "X")
          .put("ts", (span.begin() - spans.get(0).begin()) * 1e-3)
          .put("dur", (span.end() - span.begin()) * 1e-3)
          .put("pid", 1)
          .put("tid", 1);
    }
    return trace;
  }
}
