package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.report.OutputClosed;
import dev.counterpoint.strategies.distributed.DistributedTrainingStrategy;
import dev.counterpoint.strategies.distributed.InMemoryRanks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class FailuresTest {
  @TempDir private Path folder;

  @Test
  void divergedRanksAreAFailedRun() {
    StringWriter errorOutput = new StringWriter();
    CommandLine command =
        new CommandLine(CommandSpec.create()).setErr(new PrintWriter(errorOutput, true));

    int code = new Failures(() -> false).report(divergence(), command);

    assertThat(code).isEqualTo(1);
    assertThat(errorOutput.toString()).startsWith("counterpoint: ").contains("rank 1", "rank 0");
  }

  @Test
  void closedOutputPrintsNoMessage() {
    StringWriter errorOutput = new StringWriter();
    CommandLine command =
        new CommandLine(CommandSpec.create()).setErr(new PrintWriter(errorOutput, true));

    int code =
        new Failures(() -> false).report(new OutputClosed(new IOException("Broken pipe")), command);

    assertThat(code).isEqualTo(141);
    assertThat(errorOutput.toString()).isEmpty();
  }

  private Throwable divergence() {
    return catchThrowable(() -> new InMemoryRanks(2).run(this::train));
  }

  private long train(Collective ranks) {
    float[][] points = {{0, 1}, {1, 0}, {1, 1}, {0, 0}};
    RunOptions options =
        new RunOptions(
            0,
            List.of(),
            new StopSignal(),
            new CheckpointStore(folder, 1),
            CheckpointPolicy.defaults());
    try (PerturbedModel model = new PerturbedModel(ranks.rank() == 1)) {
      return new Trainer(
              model,
              DistributedTrainingStrategy.Config.defaults().build(ranks),
              TrainingConfig.defaults().withEpochs(1).withBatchSize(4),
              options)
          .train(ArrayDataset.ofClasses(points, new long[] {0, 1, 1, 0}))
          .steps();
    }
  }

  /** A model that optionally changes its parameters in the forward pass. */
  private static final class PerturbedModel extends BaseModel {
    private final Linear head = new Linear(2, 2);
    private final boolean perturbed;

    PerturbedModel(boolean perturbed) {
      this.perturbed = perturbed;
    }

    @Override
    public NDArray forward(Batch batch) {
      if (perturbed) {
        try (Torch.Recording off = Torch.noGradients()) {
          parameters().get(0).value().addi(1);
        }
      }
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }
}
