package dev.counterpoint.runner.benchmark;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.util.List;
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
        new Trainer(own, new StandardTrainingStrategy(), config, options)
            .train(new RandomTexts(STEPS * BATCH, TOKENS, VOCABULARY));
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
        Ratios.median(ratios), Ratios.bound(ratios), PAIRS, STEPS);
  }

  private static double bare(BareLoop loop) {
    RandomTexts items = new RandomTexts(STEPS * BATCH, TOKENS, VOCABULARY);
    double[] seconds = new double[STEPS];
    for (int i = 0; i < STEPS; i++) {
      long begin = System.nanoTime();
      loop.step(
          items.collate(IntStream.range(i * BATCH, (i + 1) * BATCH).asLongStream().toArray()),
          1e-3);
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    return Ratios.median(seconds);
  }

  private static BaseModel model() {
    BaseModel model =
        TransformerConfig.defaults().build(DataSpec.ofText(VOCABULARY, 0, List.of("a", "b")));
    model.initialize(Device.cpu(), 1);
    return model;
  }

  /** Remembers how long each step of the last training took. */
  private static final class StepTimes implements Callback {
    private final double[] seconds = new double[STEPS];

    @Override
    public void onStep(StepReport report) {
      seconds[(int) (report.step() - 1)] = report.seconds();
    }

    double median() {
      return Ratios.median(seconds);
    }
  }
}
