package dev.counterpoint.strategies.distributed;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** What a training came to in one rank. */
record Trained(
    List<Double> losses,
    List<Map<String, Double>> validations,
    long steps,
    String stop,
    String hash) {
  /** A training to be. */
  static final class Draft {
    private TrainingConfig config = TrainingConfig.defaults().withEpochs(2).withBatchSize(8);
    private BaseModel model = new TinyModel(0);
    private @Nullable CheckpointStore checkpoints;
    private CheckpointPolicy policy = CheckpointPolicy.defaults();
    private LongConsumer watch = step -> {};
    private final StopSignal stop = new StopSignal();
    private DataSplits data = DataSplits.ofTraining(TinyModel.examples(61));

    Draft with(TrainingConfig config) {
      this.config = config;
      return this;
    }

    Draft of(BaseModel model) {
      this.model = model;
      return this;
    }

    Draft on(DataSplits data) {
      this.data = data;
      return this;
    }

    Draft keptIn(CheckpointStore checkpoints, CheckpointPolicy policy) {
      this.checkpoints = checkpoints;
      this.policy = policy;
      return this;
    }

    /** Called after each step. */
    Draft watchedBy(LongConsumer watch) {
      this.watch = watch;
      return this;
    }

    StopSignal stop() {
      return stop;
    }

    Trained by(TrainingStrategy strategy) {
      List<Double> losses = new ArrayList<>();
      List<Map<String, Double>> validations = new ArrayList<>();
      Callback record =
          new Callback() {
            @Override
            public void onStep(StepReport report) {
              losses.add(report.loss());
              watch.accept(report.step());
            }

            @Override
            public void onValidation(ValidationReport report) {
              validations.add(report.evaluation().values());
            }
          };
      RunOptions options = new RunOptions(7, List.of(record), stop, checkpoints, policy);
      try (BaseModel trained = model) {
        var end = new Trainer(trained, strategy, config, options).train(data);
        return new Trained(
            losses,
            validations,
            end.steps(),
            String.valueOf(end.stopReason()),
            ModelHash.of(trained.parameters()));
      }
    }
  }
}
