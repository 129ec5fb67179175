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
 * AdamW, 8 items of 128 tokens a step, that saves every 6 steps. The 3 steps from a save on, the
 * copying included, are one contender, the 3 steps after them the other: pairs in turns. A
 * checkpoint is on the disk within its 3 steps (those that are not are counted), so that the 17
 * steps that would follow a save of every 20 are like those that are measured without one.
 *
 * <p>Arguments: a folder for the checkpoints, and the number of pairs (30).
 */
public final class SaveBenchmark {
  private static final int BLOCK = 3;
  private static final int EVERY = 20;
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
    double[] costs = new double[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      // The first pair has no save before it, the second touches new memory.
      double without = blocks.seconds[2 * (pair + 2) + 1];
      double cost = blocks.seconds[2 * (pair + 2)] - without;
      ratios[pair] = 1 + cost / (without * EVERY / BLOCK);
      costs[pair] = cost;
    }
    System.out.printf(
        "saving every %d steps over not saving: median ratio %.4f, 95 %% bound %.4f (%d pairs);"
            + " a save costs %.3f s; %d were not on the disk within %d steps%n",
        EVERY,
        Ratios.median(ratios),
        Ratios.bound(ratios),
        pairs,
        Ratios.median(costs),
        blocks.late,
        BLOCK - 1);
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
                1,
                false)
            .build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(Device.cpu(), 1);
    return model;
  }

  /** The time of each block of steps, from the end of its last step to that of the block before. */
  private static final class Blocks implements Callback {
    private final StopSignal stop = new StopSignal();
    private final double[] seconds;
    private long begin = System.nanoTime();
    private long saved;
    private int late;

    Blocks(int count) {
      seconds = new double[count];
    }

    @Override
    public void onCheckpoint(long step) {
      saved = step;
    }

    @Override
    public void onStep(StepReport report) {
      if (report.step() % BLOCK == 0) {
        int block = (int) (report.step() / BLOCK) - 1;
        seconds[block] = (System.nanoTime() - begin) * 1e-9;
        begin = System.nanoTime();
        System.out.printf("%s %.2f s%n", block % 2 == 0 ? "saving" : "not   ", seconds[block]);
        if (block % 2 == 0 && block > 0 && saved != block * BLOCK) {
          late++;
        }
        if (block == seconds.length - 1) {
          stop.request("enough");
        }
      }
    }
  }
}
