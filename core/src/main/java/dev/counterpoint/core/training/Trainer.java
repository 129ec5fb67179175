package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.RankCoordinator;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.optimizer.WeightAverage;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.snapshot.AnomalyDetector;
import dev.counterpoint.core.training.failure.NotFiniteException;
import dev.counterpoint.core.training.failure.OutOfMemoryException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model for the configured number of epochs, with validations and checkpoints in between.
 * The training strategy runs each epoch.
 *
 * <pre>{@code
 * new Trainer(model, TrainingConfig.defaults()).train(dataset);
 * }</pre>
 */
public final class Trainer {
  private final BaseModel model;
  private final TrainingStrategy strategy;
  private final TrainingConfig config;
  private final RunOptions options;

  /** Creates a trainer in a single process, with seed 0, without callbacks and checkpoints. */
  public Trainer(BaseModel model, TrainingConfig config) {
    this(model, TrainingStrategy.singleProcess(), config, RunOptions.ofSeed(0));
  }

  /** Creates a trainer that uses a training strategy. */
  public Trainer(
      BaseModel model, TrainingStrategy strategy, TrainingConfig config, RunOptions options) {
    this.model = model;
    this.strategy = strategy;
    this.config = config;
    this.options = options;
  }

  /** Trains on a dataset, without a validation. */
  public TrainingEnd train(Dataset dataset) {
    return train(DataSplits.ofTraining(dataset));
  }

  /**
   * Trains until the last epoch is complete or a stop is requested. A run with checkpoints resumes
   * from its newest complete checkpoint. The model is initialized if it is not yet, and has the
   * result weights of the strategy when the method returns.
   *
   * @throws NotFiniteException before an update with a loss or gradient that is not finite
   * @throws InvalidSettings if the settings do not fit the model or the data
   * @throws OutOfMemoryException if a step or a validation needs more memory than is available
   */
  public TrainingEnd train(DataSplits data) {
    RunTotals totals = new RunTotals();
    try (RunContext run = prepare(data); // loads the engine
        Torch.Recording off = Torch.noGradients();
        RunState saved = new RunState(run, totals)) {
      TrainState state = run.state();
      strategy.setup(state);
      start(run, saved);
      CallbackDispatcher listener = new CallbackDispatcher(run, saved, totals);
      TrainingLoop loop = new TrainingLoop(state, strategy, run.data(), listener);
      try (LayerObserver checked =
          options.detectAnomaly() ? AnomalyDetector.observe(model, listener::position) : null) {
        while (!state.isFinished() && !run.ranks().shouldStop(options.stop())) {
          state.progress().epochBegins();
          listener.loading();
          model.setTraining(true);
          strategy.trainEpoch(loop);
          if (state.isEpochEnd()) {
            listener.saving();
            saved.save(); // If the validation is interrupted, the resumed run repeats it.
          }
          if (state.isValidationDue()) {
            listener.validating();
            validate(data, saved, run, totals);
          } else {
            state.progress().endEpoch(state.stepsPerEpoch());
          }
        }
        if (!state.progress().isValidated() && !run.ranks().interrupted(options.stop())) {
          listener.validating();
          validate(data, saved, run, totals);
        }
        listener.saving();
        model.setTraining(false);
        saved.finish();
        useResult(state);
      } catch (RuntimeException e) {
        throw failed(OutOfMemoryException.orItself(e, listener.position()));
      } catch (OutOfMemoryError e) {
        throw failed(OutOfMemoryException.of(e, listener.position()));
      }
      TrainingEnd end = totals.end(state.progress(), options.stop().reason());
      notify(callback -> callback.onEnd(end));
      return end;
    }
  }

  /** Checks the settings against the data, and initializes the model and its optimizer. */
  private RunContext prepare(DataSplits data) {
    RankCoordinator ranks = new RankCoordinator(strategy.collective());
    initialize();
    ranks.requireSame(settings(data));
    requireMonitoredMetrics(data);
    TrainingData training = new TrainingData(data, config, options.seed());
    TrainState state = new TrainState(model, config, options, training.stepsPerEpoch());
    return new RunContext(state, strategy, training, options, ranks);
  }

  /** Restores the newest checkpoint, if there is one, and notifies the callbacks. */
  private void start(RunContext run, RunState saved) {
    TrainState state = run.state();
    boolean stopRequested = options.stop().requested();
    run.ranks().broadcast(model.parameters().stream().map(Parameter::value).toList());
    List<String> skipped = saved.restore();
    run.ranks().requireSameValues(model.parameters(), state.step());
    state.progress().requireWithin(config.epochs(), config.maxSteps());
    TrainingStart start =
        new TrainingStart(
            state.step(),
            state.totalSteps(),
            state.stepsPerEpoch(),
            skipped,
            stopRequested ? null : endReason(state));
    notify(callback -> callback.onStart(start));
  }

  /** The reason why a restored run has no steps left to train; null if it has steps left. */
  private @Nullable String endReason(TrainState state) {
    return state.isFinished() ? "all " + state.step() + " steps are done" : options.stop().reason();
  }

  private void initialize() {
    if (!model.initialized()) {
      model.initialize(Device.cpu(), options.seed());
    }
    config.freeze().forEach(model::freeze);
    model.setPrecision(config.precision());
    int processes = strategy.collective().worldSize();
    if (processes > config.batchSize()) {
      throw new InvalidSettings(
          "training.batchSize is %s, but must be at least the number of processes, %s: each"
              + " process needs at least one example of every batch.",
          config.batchSize(), processes);
    }
    if (model.parameters().isEmpty()) {
      throw new InvalidSettings("The model has no parameters to train.");
    }
    if (model.parameters().stream().noneMatch(parameter -> parameter.trainable())) {
      throw new InvalidSettings(
          "The model has no trainable parameters: all are frozen (training.freeze %s).",
          config.freeze());
    }
  }

  /** The settings that must be equal in all processes, so that all compute the same steps. */
  private Map<String, String> settings(DataSplits data) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("the engine", Torch.engine().getVersion());
    settings.put("the seed", Long.toString(options.seed()));
    settings.put("the data", data.fingerprint() + " (" + data.train().size() + " examples)");
    settings.put("training", config.toString());
    settings.put(
        "the model",
        model.parameters().stream()
            .map(parameter -> parameter + (parameter.trainable() ? "" : " frozen"))
            .collect(Collectors.joining(", ")));
    return settings;
  }

  /** Checks before the first epoch that the monitored metrics exist, and passes on their modes. */
  private void requireMonitoredMetrics(DataSplits data) {
    for (Callback callback : options.callbacks()) {
      if (callback instanceof Callback.MonitorsMetric monitor) {
        requireValidation(data, monitor.metric());
        Map<String, Optional<Mode>> modes = data.modes();
        Evaluation.requireMeasured(monitor.metric(), modes.keySet());
        monitor.onMode(Objects.requireNonNull(modes.get(monitor.metric())));
      }
    }
  }

  private static void requireValidation(DataSplits data, String metric) {
    if (data.validation().isEmpty()) {
      throw new InvalidSettings(
          "A callback monitors the validation metric \"%s\", but the split \"%s\" has no"
              + " examples. Set data.validation.path, or remove the callback (early-stop,"
              + " best-model).",
          metric, DataSplits.VALIDATION);
    }
  }

  private Evaluator evaluator(DataSplits data) {
    return new Evaluator(model, data.metrics(), config.microBatch());
  }

  /** Validates the current step, unless the run is interrupted before or during the validation. */
  private void validate(DataSplits data, RunState saved, RunContext run, RunTotals totals) {
    TrainState state = run.state();
    Optional<Dataset> split = data.validation();
    if (split.isEmpty()) {
      validated(state);
      return;
    }
    saved.guard().requireFiniteWeights(state.step());
    try (NDScope temporary = Torch.newScope();
        WeightAverage.Exchange result = state.useResult(strategy.resultWeights(state))) {
      evaluator(data)
          .evaluate(split.get(), run.ranks(), options.stop())
          .ifPresent(
              evaluation -> {
                ValidationReport report =
                    new ValidationReport(state.step(), state.epoch(), evaluation);
                notify(callback -> callback.onValidation(report));
                totals.validated(evaluation);
                validated(state);
              });
    }
  }

  private static void validated(TrainState state) {
    state.progress().validated();
    state.progress().endEpoch(state.stepsPerEpoch());
  }

  /** Puts the result weights into the model; the exchange is never reverted. */
  private void useResult(TrainState state) {
    try (NDScope temporary = Torch.newScope()) {
      state.useResult(strategy.resultWeights(state));
    }
  }

  private RuntimeException failed(RuntimeException failure) {
    for (Callback callback : options.callbacks()) {
      try {
        callback.onFailure(failure);
      } catch (RuntimeException e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
      }
    }
    return failure;
  }

  private void notify(Consumer<Callback> event) {
    options.callbacks().forEach(event);
  }
}
