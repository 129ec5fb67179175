package dev.counterpoint.runner.tune;

import com.google.inject.Guice;
import com.google.inject.Injector;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import dev.counterpoint.runner.wiring.Threads;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Trains a run for a few steps in this process, without validations and without a run directory. A
 * distributed strategy is replaced by a single process.
 */
public final class Probe implements AutoCloseable {
  private final Run run;
  private final DataSplits data;
  private final BaseModel model;

  /** Opens the data of a run and creates its model. */
  public Probe(Run run, Console console) {
    Threads.check(run, System.getenv());
    this.run = run;
    Injector wired = Guice.createInjector(new RunModule(run, console));
    data = wired.getInstance(DataSplits.class);
    model = wired.getInstance(BaseModel.class);
    Threads.apply(run);
  }

  public BaseModel model() {
    return model;
  }

  /** The data of the run, with all splits. */
  public DataSplits data() {
    return data;
  }

  /** The training settings of the run. */
  public TrainingConfig training() {
    return run.file().training();
  }

  /**
   * Trains the model, which keeps its weights from one call to the next.
   *
   * @param changes the training settings that differ from those of the run
   */
  public void train(int steps, Map<String, ?> changes, StopSignal stop, Callback callback) {
    train(
        steps,
        changes,
        RecordCopy.with(data, "splits", DataSplits.named(data.train(), null, null)),
        new RunOptions(
            run.file().seed(), List.of(callback), stop, null, CheckpointPolicy.defaults()),
        strategy -> strategy);
  }

  /**
   * Trains the model with changed examples, options and strategy.
   *
   * @param wrapper replaces the strategy
   */
  public void train(
      int steps,
      Map<String, ?> changes,
      DataSplits examples,
      RunOptions options,
      UnaryOperator<TrainingStrategy> wrapper) {
    Map<String, Object> all = new HashMap<>(changes);
    all.put("epochs", steps); // at least as many as maxSteps allows
    all.put("maxSteps", steps);
    all.put("maxTime", null);
    all.put("validateEvery", null);
    StrategyConfig config = run.file().strategy();
    try (TrainingStrategy strategy =
        wrapper.apply(
            config.processes().isPresent()
                ? TrainingStrategy.singleProcess()
                : config.build(Collective.singleProcess()))) {
      new Trainer(model, strategy, RecordCopy.with(training(), all), options).train(examples);
    }
  }

  @Override
  public void close() throws IOException {
    model.close();
    data.close();
  }
}
