package dev.counterpoint.runner.wiring;

import ai.djl.Device;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.capsule.Capsules;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.pretrained.PretrainedConfig;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.TrainingProgress;
import dev.counterpoint.runner.report.html.RunReport;
import dev.counterpoint.runner.rundir.Heartbeat;
import dev.counterpoint.runner.rundir.ModelFolder;
import dev.counterpoint.runner.rundir.Presence;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How the objects of a run come from its run file; each method is one line of the wiring. */
public final class RunModule extends AbstractModule {
  /** Each is as large as the model. */
  private static final int MOST_CAPSULES = 3;

  private final Run run;
  private final Console console;
  private final List<Callback> watchers;
  private final Participation participation;

  /** A run that only its own callbacks watch. */
  public RunModule(Run run, Console console) {
    this(run, console, List.of());
  }

  /**
   * A run that others watch too.
   *
   * @param watchers called after the run's own callbacks
   */
  public RunModule(Run run, Console console, List<Callback> watchers) {
    this(run, console, watchers, Participation.alone());
  }

  /** One process of a run. */
  public RunModule(Run run, Console console, List<Callback> watchers, Participation participation) {
    this.run = run;
    this.console = console;
    this.watchers = List.copyOf(watchers);
    this.participation = participation;
  }

  @Provides
  @Singleton
  Run run() {
    return run;
  }

  @Provides
  @Singleton
  Device device() {
    return Devices.named(run.file().device(), participation.localRank());
  }

  @Provides
  @Singleton
  DataSplits data() throws IOException {
    int maxLength = run.file().model().maxLength();
    long seed = run.file().seed();
    return run.file()
        .data()
        .open(new DataContext(CacheFolder.path(), run.files(), maxLength, seed, run.tokenizer()));
  }

  @Provides
  @Singleton
  BaseModel model(DataSplits data, Device device) throws IOException {
    ModelConfig config = run.file().model();
    BaseModel model = config.build(data.spec());
    if (model == null) {
      throw new InvalidSettings(config.getClass().getName() + ".build returned null.");
    }
    Loss loss = run.file().loss();
    if (loss != null) {
      model.replaceLoss(loss);
    }
    model.setPrecision(run.file().training().precision());
    model.initialize(device, run.file().seed());
    beginFrom(model, data.spec().labels());
    return model;
  }

  private void beginFrom(BaseModel model, List<String> labels) throws IOException {
    if (!(run.file().model() instanceof PretrainedConfig config) || config.from() == null) {
      return;
    }
    if (run.origin() == null) {
      console.say(config.from() + " is gone; the run goes on from its own checkpoint.");
    } else if (run.goesOn()) {
      config.loadBase(model, labels, run.files());
    } else {
      config.loadInto(model, labels, run.files()).forEach(console::say);
    }
  }

  @Provides
  @Singleton
  TrainingStrategy strategy(DataSplits data) {
    return run.file().strategy().build(participation.joining().join(run, data.fingerprint()));
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
  Heartbeat heartbeat() {
    return new Heartbeat(run.directory());
  }

  /** Of several processes the first alone is watched: what it asks for, as an end, is for all. */
  @Provides
  @Singleton
  List<Callback> callbacks(
      BaseModel model,
      DataSplits data,
      StopSignal stop,
      CheckpointStore checkpoints,
      Heartbeat heartbeat) {
    if (!participation.isRankZero()) {
      return List.of();
    }
    CallbackContext context = new CallbackContext(run.directory().path(), model, stop, checkpoints);
    int every = run.file().training().reportEvery();
    List<Callback> callbacks = new ArrayList<>();
    callbacks.add(new BegunSettings(run, console));
    callbacks.add(new Presence(run.directory()));
    callbacks.add(heartbeat);
    callbacks.add(new MetricsFile(run.directory().metrics(), every));
    callbacks.add(
        new RunReport(
            run.directory(), run.file().name(), () -> data.samples().duringTraining(model)));
    callbacks.add(new TrainingProgress(console, every));
    run.file().callbacks().forEach(config -> callbacks.add(config.build(context)));
    callbacks.addAll(watchers);
    return callbacks;
  }

  /** Each holds how the model is built, so that it can be replayed without the run and its data. */
  @Provides
  @Singleton
  Capsules capsules(DataSplits data) {
    ModelFolder.Config config =
        new ModelFolder.Config(
            run.file().model(), data.spec(), run.file().classpath(), data.answering());
    return new Capsules(
        run.directory().capsules(),
        MOST_CAPSULES,
        Map.of(
            RunDirectory.RUN_FILE, run.binder().toYaml(run.file()),
            ModelFolder.CONFIG, ModelFolder.describe(config, run.binder())));
  }

  @Provides
  @Singleton
  Trainer trainer(
      BaseModel model,
      TrainingStrategy strategy,
      List<Callback> callbacks,
      StopSignal stop,
      CheckpointStore checkpoints,
      Capsules capsules) {
    RunOptions options =
        new RunOptions(
            run.file().seed(), callbacks, stop, checkpoints, run.file().checkpoint(), capsules);
    return new Trainer(model, strategy, run.file().training(), options);
  }
}
