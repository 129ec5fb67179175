package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Seeds;

/**
 * The one training loop. Who reads {@link #trainEpoch} from top to bottom knows what training is
 * here; from {@code main} to the model's loss there are five calls: {@code TrainCommand.call},
 * {@link Trainer#train}, {@link TrainingStrategy#trainEpoch}, this loop, and the model's {@link
 * BaseModel#loss}.
 *
 * <p>Losses are sums. The gradients of all micro-batches of all processes add up, and are divided
 * once by the weight of all of them, so that a batch cut in any way takes the same step. Before
 * each micro-batch the engine is seeded from its place, so that a run that goes on draws what the
 * uninterrupted one drew. All arrays that a micro-batch makes on this thread are freed at its end,
 * whatever they belong to; most of those that the backward pass does not need, before it begins.
 */
public final class TrainingLoop {
  private final BaseModel model;
  private final Optimizer optimizer;
  private final Gradients gradients;
  private final WeightAverage average;
  private final OuterStep outer;
  private final Clipping clipping;
  private final TrainingData data;
  private final Plan plan;
  private final StepGuard guard;
  private final Progress progress;
  private final StepWatch watch;

  /** What stays the same from step to step. */
  record Plan(TrainingConfig config, long seed, long totalSteps, StopSignal stop) {}

  TrainingLoop(
      Learner learner,
      TrainingData data,
      Plan plan,
      StepGuard guard,
      Progress progress,
      StepWatch watch) {
    this.model = learner.model();
    this.optimizer = learner.optimizer();
    this.gradients = learner.gradients();
    this.average = learner.average();
    this.outer = learner.outer();
    this.clipping = new Clipping(plan.config().clipNorm(), plan.config().clipValue());
    this.data = data;
    this.plan = plan;
    this.guard = guard;
    this.progress = progress;
    this.watch = watch;
  }

  /**
   * Trains the epoch at hand from where it stands to its end, or until any process of the run is
   * asked to stop: all stop after the same step, with the same parameters.
   */
  public void trainEpoch(Share share, Collective collective) {
    boolean stop = false;
    boolean together = true;
    try (BatchLoader steps =
        data.load(progress.epoch(), progress.stepInEpoch(), share, model.device())) {
      while (steps.hasNext() && !(stop && together)) {
        long begin = System.nanoTime();
        long step = progress.step() + 1;
        gradients.clear();
        StepSums own = new StepSums();
        try (StepBatch items = steps.next()) {
          for (int i = 0; i < items.microBatches().size(); i++) {
            Batch batch = items.microBatches().get(i);
            watch.beforeBatch(step, i, batch);
            Torch.seed(Seeds.of(plan.seed(), step, i, collective.rank()));
            try (ForwardScope scope = new ForwardScope();
                Torch.Recording recording = Torch.recordGradients()) {
              NDArray output = model.forward(batch);
              watch.beforeLoss(output, batch);
              LossSum loss = model.loss(output, batch);
              gradients.add(loss.sum(), recording);
              own.add(loss, batch);
            }
          }
          outer.exchange(gradients);
          double stopping = plan.stop().requested() ? 1 : 0;
          double[] sums = collective.sum(own.loss(), own.weight(), own.tokens(), stopping);
          double norm = outer.norm(clipping.scaleAndClip(gradients, outer.factor(sums[1])));
          guard.inspect(place(collective.rank(), sums[0] / sums[1], norm, own, items));
          double rate = optimizer.step(gradients, base -> rateAt(base, step));
          progress.stepDone(sums[0], sums[1]);
          together = outer.endRound(progress, data.stepsPerEpoch());
          if (together) {
            average.update(outer.round());
          }
          stop |= sums[3] > 0;
          double seconds = (System.nanoTime() - begin) * 1e-9;
          watch.afterStep(report(sums, norm, rate, items.globalExamples(), seconds));
        }
      }
    }
  }

  private StepGuard.Step place(int rank, double loss, double norm, StepSums own, StepBatch items) {
    return new StepGuard.Step(
        progress.step() + 1,
        progress.epoch(),
        progress.stepInEpoch() + 1,
        optimizer.learningRate(base -> rateAt(base, progress.step() + 1)),
        rank,
        loss,
        norm,
        own,
        items);
  }

  private double rateAt(double base, long step) {
    return plan.config().schedule().learningRate(base, step, plan.totalSteps());
  }

  private StepReport report(double[] sums, double norm, double rate, long items, double seconds) {
    return new StepReport(
        progress.step(),
        progress.epoch(),
        sums[0] / sums[1],
        sums[1],
        rate,
        norm,
        items,
        (long) sums[2],
        seconds);
  }
}
