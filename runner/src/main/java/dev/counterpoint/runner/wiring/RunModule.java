package dev.counterpoint.runner.wiring;

import ai.djl.Device;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TrainingProgress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** How the objects of a run come from its run file; each method is one line of the wiring. */
public final class RunModule extends AbstractModule {
  private final Run run;
  private final Console console;

  public RunModule(Run run, Console console) {
    this.run = run;
    this.console = console;
  }

  @Provides
  @Singleton
  Run run() {
    return run;
  }

  @Provides
  @Singleton
  Device device() {
    return Devices.named(run.file().device());
  }

  @Provides
  @Singleton
  DataSplits data() throws IOException {
    int maxLength = run.file().model().maxLength();
    return run.file()
        .data()
        .open(new DataContext(CacheFolder.path(), run.files(), maxLength, run.file().seed()));
  }

  @Provides
  @Singleton
  BaseModel model(DataSplits data, Device device) {
    BaseModel model = run.file().model().build(data.spec());
    Loss loss = run.file().loss();
    if (loss != null) {
      model.replaceLoss(loss);
    }
    model.setPrecision(run.file().training().precision());
    model.initialize(device, run.file().seed());
    return model;
  }

  @Provides
  @Singleton
  TrainingStrategy strategy() {
    return run.file().strategy().build();
  }

  @Provides
  @Singleton
  StopSignal stop() {
    return new StopSignal();
  }

  @Provides
  @Singleton
  CheckpointStore checkpoints() {
    return new CheckpointStore(run.directory().checkpoints(), run.file().checkpoint().keep());
  }

  @Provides
  @Singleton
  List<Callback> callbacks(BaseModel model, StopSignal stop) {
    CallbackContext context = new CallbackContext(run.directory().path(), model, stop);
    int every = run.file().training().reportEvery();
    List<Callback> callbacks = new ArrayList<>();
    callbacks.add(new MetricsFile(run.directory().metrics(), every));
    callbacks.add(new TrainingProgress(console, every));
    run.file().callbacks().forEach(config -> callbacks.add(config.build(context)));
    return callbacks;
  }

  @Provides
  @Singleton
  Trainer trainer(
      BaseModel model,
      TrainingStrategy strategy,
      List<Callback> callbacks,
      StopSignal stop,
      CheckpointStore checkpoints) {
    RunOptions options =
        new RunOptions(run.file().seed(), callbacks, stop, checkpoints, run.file().checkpoint());
    return new Trainer(model, strategy, run.file().training(), options);
  }
}
