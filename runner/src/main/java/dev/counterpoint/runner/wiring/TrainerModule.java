package dev.counterpoint.runner.wiring;

import com.google.inject.Binder;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.snapshot.StepSnapshots;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import java.util.List;

/**
 * Guice module of strategy and trainer: for a child injector of {@link RunModule}, created after
 * the ranks have joined.
 *
 * @param collective connects the processes of the run; its creator closes it
 * @param detectAnomaly whether the outputs of layers are checked, see {@link RunOptions}
 */
public record TrainerModule(Run run, Collective collective, boolean detectAnomaly)
    implements Module {
  @Override
  public void configure(Binder binder) {
    binder.bind(Collective.class).toInstance(collective);
  }

  @Provides
  @Singleton
  TrainingStrategy strategy(Collective joined) {
    TrainingStrategy strategy = run.file().strategy().build(joined);
    int processes = strategy.collective().worldSize();
    if (processes != joined.worldSize()) {
      throw new InvalidSettings(
          "%s.collective() connects %s of the %s processes. Return the collective that build received.",
          strategy.getClass().getName(), processes, joined.worldSize());
    }
    return strategy;
  }

  @Provides
  @Singleton
  Trainer trainer(
      BaseModel model,
      TrainingStrategy strategy,
      List<Callback> callbacks,
      StopSignal stop,
      CheckpointStore checkpoints,
      StepSnapshots snapshots) {
    RunOptions options =
        new RunOptions(
            run.file().seed(),
            callbacks,
            stop,
            checkpoints,
            run.file().checkpoint(),
            snapshots,
            detectAnomaly);
    return new Trainer(model, strategy, run.file().training(), options);
  }
}
