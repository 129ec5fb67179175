package dev.counterpoint.runner.benchmark;

import ai.djl.Device;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelSummary;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What saving every 20 steps costs over never saving: one training of 33 million parameters with
 * AdamW, 8 items of 128 tokens a step, that saves every 40 steps. The 20 steps from a save on, the
 * copying included, are one contender, the 20 steps after them the other: pairs in turns.
 *
 * <p>Arguments: a folder for the checkpoints, and the number of pairs (30).
 */
public final class SaveBenchmark {
  private static final int BLOCK = 20;
  private static final int VOCABULARY = 15_000;

  private SaveBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    int pairs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
    Blocks blocks = new Blocks(2 * (pairs + 2));
    try (BaseModel model = model()) {
      System.out.printf("%,d parameters%n", ModelSummary.of(model).count());
      RunOptions options =
          new RunOptions(
              1,
              List.of(blocks),
              blocks.stop,
              new CheckpointStore(folder, 1),
              new CheckpointPolicy(2 * BLOCK, 1, null));
      TrainingConfig config =
          TrainingConfig.defaults()
              .withEpochs(1)
              .withBatchSize(8)
              .withSchedule(Constant.defaults());
      new Trainer(model, new StandardTrainingStrategy(), config, options)
          .train(new RandomTexts(8 * BLOCK * blocks.seconds.length + 8, 128, VOCABULARY));
    }
    double[] ratios = new double[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      // The first pair has no save before it, the second touches new memory.
      ratios[pair] = blocks.seconds[2 * (pair + 2)] / blocks.seconds[2 * (pair + 2) + 1];
    }
    System.out.printf(
        "saving over not saving: median ratio %.4f, 95 %% bound %.4f (%d pairs of %d steps)%n",
        Ratios.median(ratios), Ratios.bound(ratios), pairs, BLOCK);
  }

  private static BaseModel model() {
    TransformerConfig small = TransformerConfig.defaults();
    BaseModel model =
        new TransformerConfig(
                small.task(),
                512,
                8,
                8,
                128,
                small.feedForward(),
                small.dropout(),
                small.activation(),
                small.attention(),
                1,
                1)
            .build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(Device.cpu(), 1);
    return model;
  }

  /** The time of each block of steps, from the end of its last step to that of the block before. */
  private static final class Blocks implements Callback {
    private final StopSignal stop = new StopSignal();
    private final double[] seconds;
    private long begin = System.nanoTime();

    Blocks(int count) {
      seconds = new double[count];
    }

    @Override
    public void onStep(StepReport report) {
      if (report.step() % BLOCK == 0) {
        int block = (int) (report.step() / BLOCK) - 1;
        seconds[block] = (System.nanoTime() - begin) * 1e-9;
        begin = System.nanoTime();
        System.out.printf("%s %.2f s%n", block % 2 == 0 ? "saving" : "not   ", seconds[block]);
        if (block == seconds.length - 1) {
          stop.request("enough");
        }
      }
    }
  }
}
