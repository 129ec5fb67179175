package dev.counterpoint.runner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.ModelWeights;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The trainer against the same training in PyTorch, from the same weights, on the same batches. */
@EnabledIfEnvironmentVariable(
    named = "COUNTERPOINT_PYTHON",
    matches = ".+",
    disabledReason = "COUNTERPOINT_PYTHON names no Python with PyTorch")
final class PyTorchParityTest {
  private static final int STEPS = 20;
  private static final BenchSize ENCODER = BenchSize.SMALL;

  @TempDir private Path folder;

  /** Remembers the batches in the order in which they were asked for. */
  private record Recording(RandomExamples items, List<HostBatch> batches) implements Dataset {
    @Override
    public long size() {
      return items.size();
    }

    @Override
    public HostBatch collate(long[] numbers) {
      HostBatch batch = items.collate(numbers);
      batches.add(batch);
      return batch;
    }
  }

  @Test
  void twentyStepsOfTheTransformerHaveTheLossesOfPyTorch() throws IOException {
    Path weights = folder.resolve("model.safetensors");
    List<HostBatch> batches = Collections.synchronizedList(new ArrayList<>());
    double[] own = train(weights, batches);
    double[] theirs;
    Path python = Path.of(System.getenv("COUNTERPOINT_PYTHON"));
    try (PyTorch pytorch = new PyTorch(python, ENCODER, Precision.FLOAT32, batches, weights)) {
      theirs = pytorch.losses(STEPS);
    }

    assertThat(theirs).hasSize(STEPS);
    assertThat(own).containsExactly(theirs, within(1e-4));
    assertThat(own[STEPS - 1]).isNotCloseTo(own[0], within(1e-2));
  }

  private static double[] train(Path weights, List<HostBatch> batches) throws IOException {
    List<Double> losses = new ArrayList<>();
    Callback watch =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            losses.add(report.loss());
          }
        };
    TrainingConfig config =
        TrainingConfig.defaults()
            .withEpochs(1)
            .withBatchSize(ENCODER.batch())
            .withSchedule(Constant.defaults())
            .withOptimizer(AdamW.of(Bench.LEARNING_RATE));
    RunOptions options =
        new RunOptions(1, List.of(watch), new StopSignal(), null, CheckpointPolicy.defaults());
    RandomExamples items = new RandomExamples(ENCODER, (long) STEPS * ENCODER.batch());
    try (BaseModel model = ENCODER.model(Precision.FLOAT32)) {
      ModelWeights.save(model.parameters(), weights);
      new Trainer(model, new StandardTrainingStrategy(), config, options)
          .train(new Recording(items, batches));
    }
    return losses.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
