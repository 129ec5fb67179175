package dev.counterpoint.runner.bench;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.util.ArrayList;
import java.util.List;

/** Contender: Counterpoint's trainer as in {@code train}, without callbacks and checkpoints. */
final class TrainerContender implements Contender {
  private final BenchSize encoder;
  private final BaseModel model;
  private final TrainingConfig config;
  private final List<HostBatch> batches;

  TrainerContender(BenchSize encoder, Precision precision) {
    this.encoder = encoder;
    model = encoder.model(precision);
    batches = new RandomExamples(encoder, 0).firstBatches();
    config = config(encoder, precision);
  }

  static TrainingConfig config(BenchSize size, Precision precision) {
    return TrainingConfig.defaults()
        .withEpochs(1)
        .withBatchSize(size.dimensions().batch())
        .withSchedule(Constant.defaults())
        .withOptimizer(AdamW.of(Bench.LEARNING_RATE))
        .withPrecision(precision);
  }

  @Override
  public double[] train(int steps) {
    List<Double> seconds = new ArrayList<>();
    Callback timer =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            seconds.add(report.seconds());
          }
        };
    RunOptions options =
        new RunOptions(1, List.of(timer), new StopSignal(), null, CheckpointPolicy.defaults());
    new Trainer(model, new StandardTrainingStrategy(), config, options)
        .train(new CyclicBatches(batches, (long) steps * encoder.dimensions().batch()));
    return seconds.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Batches prepared in memory before timing and used cyclically, as in the PyTorch contender. */
  private record CyclicBatches(List<HostBatch> batches, long size) implements Dataset {
    @Override
    public HostBatch collate(long[] examples) {
      return batches.get((int) (examples[0] % batches.size()));
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
