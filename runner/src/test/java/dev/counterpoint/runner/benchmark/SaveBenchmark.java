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
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Benchmark of the cost of saving a checkpoint every 20 steps, compared with never saving. A model
 * of 33 million parameters is trained with AdamW on 8 examples of 128 tokens per step, and saves
 * every 6 steps. The 3 steps after a save, including the copying, are paired with the 3 steps that
 * follow them. Each checkpoint should be on disk within its 3 steps (exceptions are counted), so
 * that the other 17 of 20 steps cost the same as steps without saving.
 *
 * <p>Arguments: a folder for the checkpoints, and the number of pairs (default 30).
 */
public final class SaveBenchmark {
  private static final int BLOCK = 3;
  private static final int SAVE_INTERVAL = 20;
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
      // The first two pairs are skipped: the first has no save, the second allocates memory.
      double without = blocks.seconds[2 * (pair + 2) + 1];
      double cost = blocks.seconds[2 * (pair + 2)] - without;
      ratios[pair] = 1 + cost / (without * SAVE_INTERVAL / BLOCK);
      costs[pair] = cost;
    }
    System.out.printf(
        "saving every %d steps / not saving: median ratio %.4f, 95 %% bound %.4f (%d pairs);"
            + " a save costs %.3f s; %d were not on disk within %d steps%n",
        SAVE_INTERVAL,
        Ratios.median(ratios),
        Ratios.bound(ratios),
        pairs,
        Ratios.median(costs),
        blocks.late,
        BLOCK - 1);
  }

  private static BaseModel model() {
    BaseModel model =
        RecordCopy.with(TransformerConfig.defaults(), Map.of("width", 512, "layers", 8, "heads", 8))
            .build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(Device.cpu(), 1);
    return model;
  }

  /** Measures the duration of each block of steps, from the end of the block before. */
  private static final class Blocks implements Callback {
    private final StopSignal stop = new StopSignal();
    private final double[] seconds;
    private long start = System.nanoTime();
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
        seconds[block] = (System.nanoTime() - start) * 1e-9;
        start = System.nanoTime();
        System.out.printf(
            "%s %.2f s%n", block % 2 == 0 ? "saving   " : "no saving", seconds[block]);
        if (block % 2 == 0 && block > 0 && saved != block * BLOCK) {
          late++;
        }
        if (block == seconds.length - 1) {
          stop.request("enough blocks measured");
        }
      }
    }
  }
}
