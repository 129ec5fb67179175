package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.plan.Timing;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training for {@code plan}: measures the time of each step, and stops when the steps after the
 * warm-up have taken ten seconds. A validation split that is larger than the training data between
 * two validations is replaced with one micro-batch of it, which is not measured.
 */
final class TimedTraining implements ShortTraining {
  private static final double WARM_UP = 3; // seconds
  private static final int WARM_UP_STEPS = 2;
  private static final double SECONDS = 10; // of measured steps
  private static final int MIN_STEPS = 3;

  private final Path file;
  private long perEpoch;
  private boolean validates;

  /**
   * Creates a training.
   *
   * @param file where the {@link Timing} is written as JSON
   */
  TimedTraining(Path file) {
    this.file = file;
  }

  @Override
  public RunFile settings(RunFile run) {
    return run;
  }

  @Override
  public DataSplits select(DataSplits data, TrainingConfig training) {
    long examples = data.train().size();
    perEpoch = (examples + training.batchSize() - 1) / training.batchSize();
    TrainingConfig.Interval interval = training.validateEvery();
    long between =
        interval == null
            ? examples
            : Math.min(examples, (long) interval.steps() * training.batchSize());
    validates = data.validation().map(it -> it.size() <= between).orElse(true);
    if (validates) {
      return data;
    }
    Map<String, Dataset> splits = new LinkedHashMap<>(data.splits());
    splits.replace(
        DataSplits.VALIDATION,
        new Examples(data.validation().orElseThrow(), training.microBatch()));
    return RecordCopy.with(data, "splits", splits);
  }

  @Override
  public List<Callback> callbacks(StopSignal stop) {
    return List.of(new Measurement(stop));
  }

  @Override
  public String result(BaseModel model, RunFile run) {
    return "timing: " + file;
  }

  private final class Measurement implements Callback {
    private final StopSignal stop;
    private final List<Timing.Step> steps = new ArrayList<>();
    private double start;
    private long last;
    private double warmUp;
    private long done;
    private long validations;
    private double validation;
    private long checkpoints;
    private boolean followsCheckpoint;
    private double measured;
    private double elapsed; // since the warm-up

    Measurement(StopSignal stop) {
      this.stop = stop;
    }

    @Override
    public void onStart(TrainingStart state) {
      start = ManagementFactory.getRuntimeMXBean().getUptime() * 1e-3;
      last = System.nanoTime();
    }

    @Override
    public void onStep(StepReport report) {
      double taken = sinceLast();
      last = System.nanoTime();
      done++;
      if (done <= WARM_UP_STEPS || warmUp < WARM_UP) {
        warmUp += taken;
        return;
      }
      elapsed += taken;
      if (!followsCheckpoint) {
        steps.add(new Timing.Step(report.step(), taken));
        measured += taken;
      }
      if (elapsed >= SECONDS && steps.size() >= MIN_STEPS) {
        stop.interrupt("the time was measured");
      }
      followsCheckpoint = perEpoch > 1 && report.step() % perEpoch == 0;
    }

    @Override
    public void onValidation(ValidationReport report) {
      if (validates) {
        validations++;
        validation += sinceLast();
      }
      last = System.nanoTime();
    }

    @Override
    public void onCheckpoint(long step) {
      checkpoints++;
    }

    @Override
    public void onEnd(TrainingEnd end) {
      double mean = steps.isEmpty() ? warmUp / Math.max(1, done) : measured / steps.size();
      Timing timing =
          new Timing(
              start,
              steps,
              mean,
              done,
              validations,
              validation / Math.max(1, validations),
              checkpoints,
              sinceLast());
      try {
        AtomicFile.writeJson(file, Json.MAPPER.valueToTree(timing));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The seconds since the last step or validation. */
    private double sinceLast() {
      return (System.nanoTime() - last) * 1e-9;
    }
  }
}
