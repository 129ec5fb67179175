package dev.counterpoint.runner.wiring;

import ai.djl.Device;
import com.google.inject.Binder;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig.ReportsToServer;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.snapshot.StepSnapshots;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.TrainedConfig;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.Contention;
import dev.counterpoint.runner.report.TrainingProgress;
import dev.counterpoint.runner.report.html.RunReport;
import dev.counterpoint.runner.rundir.CrashMarker;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunDirectoryGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Guice module that creates the objects of one rank of a training run from its run file.
 *
 * @param extraCallbacks called after the callbacks of the run file
 * @param stop requests the end of the training
 */
public record RunModule(
    Run run, Console console, List<Callback> extraCallbacks, StopSignal stop, RankContext rank)
    implements Module {
  /** The maximum number of step snapshots; each is as large as the model. */
  private static final int MAX_SNAPSHOTS = 3;

  /** Creates the module of a run with only the callbacks of its run file. */
  public RunModule(Run run, Console console) {
    this(run, console, List.of(), new StopSignal(), RankContext.singleProcess());
  }

  @Override
  public void configure(Binder binder) {
    binder.bind(Run.class).toInstance(run);
    binder.bind(StopSignal.class).toInstance(stop);
    binder.bind(CrashMarker.class).toInstance(new CrashMarker(run.directory()));
    binder
        .bind(CheckpointStore.class)
        .toInstance(
            new CheckpointStore(
                run.directory().checkpoints(),
                run.file().checkpoint().keep(),
                run.directory().history()));
  }

  @Provides
  @Singleton
  Device device() {
    return Devices.named(run.file().device(), rank.localRank());
  }

  @Provides
  @Singleton
  DataSplits data() throws IOException {
    DataSpec trained =
        run.file().model() instanceof TrainedConfig config ? config.trained(run.binder()) : null;
    return data(run, run.tokenizer(), trained);
  }

  /**
   * Opens the data of a run.
   *
   * @param tokenizer the folder of an existing tokenizer; null to build one
   * @param trained the specification of the model to evaluate or to start from; null for a new one
   */
  public static DataSplits data(Run run, @Nullable Path tokenizer, @Nullable DataSpec trained)
      throws IOException {
    int maxLength = run.file().model().maxLength();
    long seed = run.file().seed();
    DataSource source = run.file().data();
    DataContext context =
        new DataContext(CacheFolder.path(), run.files(), maxLength, seed, tokenizer, trained, null);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(run.code().loader()); // It may have drivers of databases.
    try {
      return ActivityFailed.during(
          "opening the data (" + source.getClass().getSimpleName() + ")",
          () -> source.open(context).withMetrics(run.file().metrics()));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Provides
  @Singleton
  BaseModel model(DataSplits data, Device device) throws IOException {
    ModelConfig config = run.file().model();
    BaseModel model =
        ActivityFailed.during(
            "building the model (" + config.getClass().getSimpleName() + ")",
            () -> config.build(data.spec()));
    if (model == null) {
      throw new InvalidSettings(
          config.getClass().getName() + ".build() returned null; it must return a model.");
    }
    Loss loss = run.file().loss();
    if (loss != null) {
      loss.check(data.spec());
      model.replaceLoss(loss);
    }
    model.setPrecision(run.file().training().precision());
    if (config instanceof PretrainedConfig pretrained && run.origin() != null) {
      pretrained.checkBase(model, run.files());
    }
    TrainedConfig trained = config instanceof TrainedConfig it && !run.isResumed() ? it : null;
    if (trained != null) {
      trained.check(model);
    }
    model.initialize(device, run.file().seed());
    if (trained != null) {
      trained.loadInto(model);
    }
    loadPretrained(model, data.spec().labels());
    return model;
  }

  private void loadPretrained(BaseModel model, List<String> labels) throws IOException {
    if (!(run.file().model() instanceof PretrainedConfig config) || config.from() == null) {
      return;
    }
    if (run.origin() == null) {
      console.log(
          config.from() + " no longer exists; the weights come from the checkpoint of the run.");
    } else if (run.isResumed()) {
      config.loadBase(model, labels, run.files());
    } else {
      config.loadInto(model, labels, run.files()).forEach(console::log);
    }
  }

  /** The callbacks, on rank 0 only; other ranks stop when rank 0 does. */
  @Provides
  @Singleton
  List<Callback> callbacks(
      BaseModel model, DataSplits data, CheckpointStore checkpoints, CrashMarker crashMarker) {
    if (!rank.isRankZero()) {
      return List.of();
    }
    CallbackContext context = new CallbackContext(run.directory().path(), model, stop, checkpoints);
    int every = run.file().training().reportEvery();
    List<Callback> callbacks = new ArrayList<>();
    callbacks.add(new ResumeCompatibility(run, console, new TreeMap<>()));
    callbacks.add(new RunDirectoryGuard(run.directory()));
    callbacks.add(crashMarker);
    callbacks.add(new MetricsFile(run.directory().metrics(), every));
    boolean distributed = run.file().strategy().processes().isPresent();
    // For rank 0 the other ranks are other processes.
    Supplier<String> contention = distributed ? () -> "" : new Contention();
    callbacks.add(new TrainingProgress(console, every, contention));
    run.file().callbacks().stream()
        .filter(config -> !Run.isRepetition() || !(config instanceof ReportsToServer))
        .forEach(config -> callbacks.add(config.build(context)));
    callbacks.add(
        new RunReport( // after the callback that selects the model
            run.directory(),
            run.file().name(),
            data.notes(),
            run.file().privacy().samples() ? () -> data.samples().duringTraining(model) : null,
            () -> selectedStep(callbacks)));
    callbacks.addAll(extraCallbacks);
    return callbacks;
  }

  private static OptionalLong selectedStep(List<Callback> callbacks) {
    return callbacks.stream()
        .filter(Callback.SelectsResult.class::isInstance)
        .mapToLong(it -> ((Callback.SelectsResult) it).selectedStep().orElse(-1))
        .filter(step -> step >= 0)
        .findFirst();
  }

  /**
   * The snapshot store; snapshots include the model settings, so that they can be replayed alone.
   */
  @Provides
  @Singleton
  StepSnapshots snapshots(DataSplits data, BaseModel model) {
    ModelFolder.Config config =
        ModelFolder.Config.of(run.file().model(), data, run.file().classpath(), model);
    return new StepSnapshots(
        run.directory().snapshots(),
        run.file().privacy().snapshots() ? MAX_SNAPSHOTS : 0,
        Map.of(
            RunDirectory.RUN_FILE, run.binder().toYaml(run.file()),
            ModelFolder.CONFIG, ModelFolder.describe(config, run.binder())));
  }
}
