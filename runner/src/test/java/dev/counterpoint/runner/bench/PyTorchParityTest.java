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

/** Compares the trainer's losses with PyTorch's, from the same weights and on the same batches. */
@EnabledIfEnvironmentVariable(
    named = "COUNTERPOINT_PYTHON",
    matches = ".+",
    disabledReason = "COUNTERPOINT_PYTHON is not set to a Python interpreter with PyTorch")
final class PyTorchParityTest {
  private static final int STEPS = 20;
  private static final BenchSize ENCODER = BenchSize.SMALL;

  @TempDir private Path folder;

  /** A dataset that records its batches in the order in which they were requested. */
  private record Recording(RandomExamples examples, List<HostBatch> batches) implements Dataset {
    @Override
    public long size() {
      return examples.size();
    }

    @Override
    public HostBatch collate(long[] indices) {
      HostBatch batch = examples.collate(indices);
      batches.add(batch);
      return batch;
    }
  }

  @Test
  void lossesOfTwentyStepsEqualPyTorch() throws IOException {
    Path weights = folder.resolve("model.safetensors");
    List<HostBatch> batches = Collections.synchronizedList(new ArrayList<>());
    double[] losses = train(weights, batches);
    double[] expected;
    Path python = Path.of(System.getenv("COUNTERPOINT_PYTHON"));
    try (PyTorch pytorch = new PyTorch(python, ENCODER, Precision.FLOAT32, batches, weights)) {
      expected = pytorch.losses(STEPS);
    }

    assertThat(expected).hasSize(STEPS);
    assertThat(losses).containsExactly(expected, within(1e-4));
    assertThat(losses[STEPS - 1]).isNotCloseTo(losses[0], within(1e-2));
  }

  private static double[] train(Path weights, List<HostBatch> batches) throws IOException {
    List<Double> losses = new ArrayList<>();
    Callback recorder =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            losses.add(report.loss());
          }
        };
    TrainingConfig config =
        TrainingConfig.defaults()
            .withEpochs(1)
            .withBatchSize(ENCODER.dimensions().batch())
            .withSchedule(Constant.defaults())
            .withOptimizer(AdamW.of(Bench.LEARNING_RATE));
    RunOptions options =
        new RunOptions(1, List.of(recorder), new StopSignal(), null, CheckpointPolicy.defaults());
    RandomExamples examples =
        new RandomExamples(ENCODER, (long) STEPS * ENCODER.dimensions().batch());
    try (BaseModel model = ENCODER.model(Precision.FLOAT32)) {
      ModelWeights.save(model.parameters(), weights);
      new Trainer(model, new StandardTrainingStrategy(), config, options)
          .train(new Recording(examples, batches));
    }
    return losses.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
