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
 * Time and memory of a step of BERT base (110 million parameters, random, dropout 0.1) with AdamW
 * on 8 items of 128 tokens, its blocks kept or computed again. One of the two a process, as the
 * peak of memory is the process's.
 *
 * <p>Arguments: whether blocks are computed again, and the number of steps (12); the first two do
 * not count.
 */
public final class RecomputeBenchmark {
  private static final int VOCABULARY = 30_522;
  private static final int WARM = 2;

  private RecomputeBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    boolean again = Boolean.parseBoolean(arguments[0]);
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 12;
    BertArchitecture small = BertArchitecture.defaults();
    BertArchitecture base =
        new BertArchitecture(
            null, 768, 12, 12, 3_072, 512, 2, small.activation(), 0.1, 0.1, null, 1e-12, 0.02);
    Times times = new Times();
    try (BaseModel model =
        new BertConfig(BertConfig.Task.CLASSIFICATION, null, false, base, null, again)
            .build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")))) {
      model.initialize(Device.cpu(), 1);
      TrainingConfig config =
          TrainingConfig.defaults()
              .withEpochs(1)
              .withBatchSize(8)
              .withSchedule(Constant.defaults());
      RunOptions seeded = RunOptions.ofSeed(1);
      RunOptions options =
          new RunOptions(
              1, List.of(times), seeded.stop(), null, seeded.policy(), seeded.snapshots());
      new Trainer(model, new StandardTrainingStrategy(), config, options)
          .train(new RandomTexts(8 * steps, 128, VOCABULARY));
      System.out.printf(
          "%,d parameters, blocks %s: %.0f ms a step (median of %d), peak %s%n",
          ModelSummary.of(model).count(),
          again ? "computed again" : "kept",
          1e3 * Ratios.median(times.counted()),
          times.counted().length,
          peak());
    }
  }

  /** The most that the process has held: Linux tells it. */
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
      if (report.step() > WARM) {
        seconds.add(report.seconds());
      }
    }

    double[] counted() {
      return seconds.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }
}
