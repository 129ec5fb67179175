package dev.counterpoint.runner.benchmark;

import ai.djl.Device;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.bert.BertArchitecture;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Benchmark of activation checkpointing: time and memory of a step of BERT base (110 million random
 * parameters, dropout 0.1) with AdamW on 8 examples of 128 tokens, with or without recomputation of
 * the blocks' activations. Each variant needs a separate process, because peak memory is measured
 * per process.
 *
 * <p>Arguments: whether activations are recomputed, and the number of steps (default 12), of which
 * the first two are not counted.
 */
public final class RecomputeBenchmark {
  private static final int VOCABULARY = 30_522;
  private static final int WARM_UP = 2;

  private RecomputeBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    boolean recompute = Boolean.parseBoolean(arguments[0]);
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 12;
    BertArchitecture defaults = BertArchitecture.defaults();
    BertArchitecture base =
        new BertArchitecture(
            null,
            768,
            12,
            12,
            3_072,
            512,
            2,
            defaults.activation(),
            0.1,
            0.1,
            null,
            1e-12,
            0.02,
            true);
    Times times = new Times();
    try (BaseModel model =
        new BertConfig(BertConfig.Task.CLASSIFICATION, null, false, base, null, recompute)
            .build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")))) {
      model.initialize(Device.cpu(), 1);
      TrainingConfig config =
          TrainingConfig.defaults()
              .withEpochs(1)
              .withBatchSize(8)
              .withSchedule(Constant.defaults());
      RunOptions defaultOptions = RunOptions.ofSeed(1);
      RunOptions options =
          new RunOptions(
              1,
              List.of(times),
              defaultOptions.stop(),
              null,
              defaultOptions.policy(),
              defaultOptions.snapshots(),
              false);
      new Trainer(model, new StandardTrainingStrategy(), config, options)
          .train(new RandomTexts(8 * steps, 128, VOCABULARY));
      System.out.printf(
          "%,d parameters, activations %s: %.0f ms/step (median of %d), peak %s%n",
          ModelSummary.of(model).count(),
          recompute ? "recomputed" : "kept",
          1e3 * Ratios.median(times.counted()),
          times.counted().length,
          peak());
    }
  }

  /** The peak resident memory of the process; "unknown" if not on Linux. */
  private static String peak() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .findFirst()
        .map(line -> line.replaceAll("\\D", ""))
        .map(kilobytes -> Long.parseLong(kilobytes) / 1024 + " MiB")
        .orElse("unknown");
  }

  private static final class Times implements Callback {
    private final List<Double> seconds = new ArrayList<>();

    @Override
    public void onStep(StepReport report) {
      if (report.step() > WARM_UP) {
        seconds.add(report.seconds());
      }
    }

    double[] counted() {
      return seconds.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }
}
