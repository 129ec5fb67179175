package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model: epoch after epoch through the strategy, a validation after each, checkpoints in
 * between.
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

  /** A training in this process alone, from seed 0, that nobody watches. */
  public Trainer(BaseModel model, TrainingConfig config) {
    this(model, new InThisProcess(), config, RunOptions.ofSeed(0));
  }

  public Trainer(
      BaseModel model, TrainingStrategy strategy, TrainingConfig config, RunOptions options) {
    this.model = model;
    this.strategy = strategy;
    this.config = config;
    this.options = options;
  }

  /** Trains on a data set, without a validation. */
  public TrainingEnd train(Dataset dataset) {
    return train(DataSplits.ofTraining(dataset));
  }

  /**
   * Trains to the last epoch, or until the stop signal is given. A run that has checkpoints goes on
   * from its newest whole one. The model is initialized if it is not yet; where an average of its
   * weights is asked for, it has that at the end.
   *
   * @throws NotFiniteException before an update with a loss or gradient that is not finite
   * @throws InvalidSettings where the settings do not fit the model or the data
   * @throws OutOfMemory where a step, or a validation, needs more memory than there is
   */
  public TrainingEnd train(DataSplits data) {
    Consensus consensus = new Consensus(strategy.collective());
    prepare();
    consensus.requireSame(common(data));
    requireMeasured(data);
    TrainingData training = new TrainingData(data, config, options.seed());
    long totalSteps = Math.multiplyExact(training.stepsPerEpoch(), config.epochs());
    Progress progress = new Progress();
    Tally tally = new Tally();
    StepGuard guard = new StepGuard(model, training, config, options, consensus);
    try (Learner learner = Learner.of(model, config, strategy);
        RunState state =
            new RunState(learner, progress, tally, options, training, guard, consensus)) {
      boolean asked = options.stop().requested();
      consensus.broadcast(model.parameters().stream().map(Parameter::value).toList());
      List<String> passedOver = state.restore();
      consensus.requireSameValues(model.parameters(), progress.step());
      learner.outer().begin();
      progress.requireWithin(config.epochs());
      String ended = asked ? null : ended(progress);
      tell(
          callback ->
              callback.onStart(
                  new TrainingStart(
                      progress.step(), totalSteps, config.epochs(), passedOver, ended)));
      RunWatch watch = new RunWatch(options, state, tally, progress, learner, training);
      TrainingLoop.Plan plan =
          new TrainingLoop.Plan(config, options.seed(), totalSteps, options.stop());
      TrainingLoop loop = new TrainingLoop(learner, training, plan, guard, progress, watch);
      try {
        while (progress.epoch() <= config.epochs() && !consensus.stops(options.stop())) {
          progress.epochBegins();
          watch.loading();
          model.setTraining(true);
          strategy.trainEpoch(loop);
          if (progress.stepInEpoch() == training.stepsPerEpoch()) {
            watch.validating();
            guard.requireFiniteWeights(progress.step());
            try (WeightAverage.Exchange exchange = learner.average().inPlace()) {
              tally.validated(validate(data, progress));
            }
            progress.epochDone();
            watch.saving();
            state.save();
          }
        }
      } catch (RuntimeException e) {
        throw OutOfMemory.orItself(e, watch.place());
      } catch (OutOfMemoryError e) {
        throw OutOfMemory.of(e, watch.place());
      }
      model.setTraining(false);
      state.finish();
      learner.average().exchange();
      TrainingEnd end = tally.end(progress, options.stop().reason());
      tell(callback -> callback.onEnd(end));
      return end;
    }
  }

  /** Why the run that was restored has nothing left to train. */
  private @Nullable String ended(Progress progress) {
    return progress.epoch() > config.epochs()
        ? "all " + progress.step() + " steps are made"
        : options.stop().reason();
  }

  private void prepare() {
    if (!model.initialized()) {
      model.initialize(Device.cpu(), options.seed());
    }
    config.freeze().forEach(model::freeze);
    model.setPrecision(config.precision());
    int world = strategy.collective().world();
    if (world > config.batchSize()) {
      throw new InvalidSettings(
          world
              + " processes cannot share a batch of "
              + config.batchSize()
              + " items (training.batchSize): give the batch at least one for each.");
    }
    if (model.parameters().isEmpty()) {
      throw new InvalidSettings("There is nothing to train: the model has no parameters.");
    }
    if (model.parameters().stream().noneMatch(parameter -> parameter.trainable())) {
      throw new InvalidSettings(
          "There is nothing to train: every parameter is frozen (training.freeze "
              + config.freeze()
              + ").");
    }
  }

  /** What would make other steps of the same batches in another process. */
  private Map<String, String> common(DataSplits data) {
    Map<String, String> common = new LinkedHashMap<>();
    common.put("the engine", Engine.getEngine("PyTorch").getVersion());
    common.put("the seed", Long.toString(options.seed()));
    common.put("the data", data.fingerprint() + " (" + data.train().size() + " items)");
    common.put("training", config.toString());
    common.put(
        "the model",
        model.parameters().stream()
            .map(parameter -> parameter + (parameter.trainable() ? "" : " frozen"))
            .collect(Collectors.joining(", ")));
    return common;
  }

  /** What a callback goes by must be known before the first epoch is made, not after it. */
  private void requireMeasured(DataSplits data) {
    for (Callback callback : options.callbacks()) {
      if (callback instanceof Callback.MonitorsMetric measuring) {
        requireValidation(data, measuring.measure());
        Evaluation.requireMeasured(measuring.measure(), evaluator(data).measures());
      }
    }
  }

  private static void requireValidation(DataSplits data, String measure) {
    if (data.validation().isEmpty()) {
      throw new InvalidSettings(
          "A callback goes by the \""
              + measure
              + "\" of the validations, but there is no validation data: no items in the split \""
              + DataSplits.VALIDATION
              + "\". Give some, as data.validation.path, or leave the callback out: early-stop and"
              + " best-model need it.");
    }
  }

  private Evaluator evaluator(DataSplits data) {
    return new Evaluator(model, data.metrics(), config.microBatch());
  }

  private Optional<Evaluation> validate(DataSplits data, Progress progress) {
    Optional<Dataset> split = data.validation();
    if (split.isEmpty()) {
      return Optional.empty();
    }
    Evaluation evaluation = evaluator(data).evaluate(split.get(), strategy.collective());
    ValidationReport report = new ValidationReport(progress.step(), progress.epoch(), evaluation);
    tell(callback -> callback.onValidation(report));
    return Optional.of(evaluation);
  }

  private void tell(Consumer<Callback> news) {
    options.callbacks().forEach(news);
  }

  /** The strategy of a trainer that was given none: one process, one thread of work. */
  private static final class InThisProcess implements TrainingStrategy {
    @Override
    public void trainEpoch(TrainingLoop loop) {
      loop.trainEpoch(Share.whole(), collective());
    }

    @Override
    public Collective collective() {
      return Collective.alone();
    }
  }
}
