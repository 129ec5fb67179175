package dev.counterpoint.runner.benchmark;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What the trainer's loop costs over {@link BareLoop}: rounds of the same steps on the same model
 * shape, one contender after the other in turns; the median of the paired ratios with its 95 %
 * bootstrap bound.
 */
public final class LoopBenchmark {
  private static final int PAIRS = 60;
  private static final int STEPS = 10;
  private static final int BATCH = 32;
  private static final int TOKENS = 20;
  private static final int VOCABULARY = 500;

  private LoopBenchmark() {}

  public static void main(String[] arguments) {
    double[] ratios = new double[PAIRS];
    try (BaseModel own = model();
        BaseModel bare = model();
        NDManager memory = Torch.newManager(Device.cpu())) {
      BareLoop loop = new BareLoop(bare, memory);
      StepTimes times = new StepTimes();
      RunOptions options =
          new RunOptions(1, List.of(times), new StopSignal(), null, CheckpointPolicy.defaults());
      TrainingConfig config =
          TrainingConfig.defaults()
              .withEpochs(1)
              .withBatchSize(BATCH)
              .withSchedule(Constant.defaults());
      for (int pair = -10; pair < PAIRS; pair++) {
        new Trainer(own, new StandardTrainingStrategy(), config, options).train(new Items());
        double ownSeconds = times.median();
        bare.setTraining(true);
        double bareSeconds = bare(loop);
        if (pair >= 0) {
          ratios[pair] = ownSeconds / bareSeconds;
        }
      }
    }
    System.out.printf(
        "trainer over bare loop: median ratio %.4f, 95 %% bound %.4f (%d pairs of %d steps)%n",
        median(ratios), bound(ratios), PAIRS, STEPS);
  }

  private static double bare(BareLoop loop) {
    Items items = new Items();
    double[] seconds = new double[STEPS];
    for (int i = 0; i < STEPS; i++) {
      long begin = System.nanoTime();
      loop.step(
          items.collate(IntStream.range(i * BATCH, (i + 1) * BATCH).asLongStream().toArray()),
          1e-3);
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    return median(seconds);
  }

  private static BaseModel model() {
    BaseModel model =
        TransformerConfig.defaults().build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(Device.cpu(), 1);
    return model;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** The 97.5th percentile of the medians of 2,000 samples drawn with replacement. */
  private static double bound(double[] ratios) {
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[2_000];
    for (int i = 0; i < medians.length; i++) {
      medians[i] =
          median(
              IntStream.range(0, ratios.length)
                  .mapToDouble(j -> ratios[random.nextInt(ratios.length)])
                  .toArray());
    }
    Arrays.sort(medians);
    return medians[(int) (0.975 * medians.length)];
  }

  /** Remembers how long each step of the last training took. */
  private static final class StepTimes implements Callback {
    private final double[] seconds = new double[STEPS];

    @Override
    public void onStep(StepReport report) {
      seconds[(int) (report.step() - 1)] = report.seconds();
    }

    double median() {
      return LoopBenchmark.median(seconds);
    }
  }

  /** Random tokens; every batch of the same shape. */
  private static final class Items implements Dataset {
    @Override
    public long size() {
      return STEPS * BATCH;
    }

    @Override
    public HostBatch collate(long[] items) {
      int count = items.length;
      long[] ids = new long[count * TOKENS];
      long[] labels = new long[count];
      for (int i = 0; i < count; i++) {
        SplittableRandom random = new SplittableRandom(items[i]);
        labels[i] = random.nextInt(2);
        for (int j = 0; j < TOKENS; j++) {
          ids[i * TOKENS + j] = random.nextInt(VOCABULARY);
        }
      }
      float[] mask = new float[count * TOKENS];
      Arrays.fill(mask, 1);
      return new HostBatch(
          count,
          (long) count * TOKENS,
          Map.of(
              Batch.IDS, HostTensor.of(ids, count, TOKENS),
              Batch.MASK, HostTensor.of(mask, count, TOKENS),
              Batch.LABELS, HostTensor.of(labels, count)));
    }
  }
}
