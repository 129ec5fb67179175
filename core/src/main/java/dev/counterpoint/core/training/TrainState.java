package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.LayerDecay;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.optimizer.WeightAverage;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.parameter.Seeds;
import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Training state: everything that a training step reads and writes, namely the model, the
 * gradients, the optimizer, and the position in the run. Closing it does not close the model.
 */
public final class TrainState implements AutoCloseable {
  private final BaseModel model;
  private final TrainingConfig config;
  private final Optimizer optimizer;
  private final Gradients gradients;
  private final WeightAverage average;
  private final Progress progress = new Progress();
  private final RunOptions options;
  private final long stepsPerEpoch;
  private double batchWeight;
  private boolean synchronous = true;
  private boolean averaged;

  TrainState(BaseModel model, TrainingConfig config, RunOptions options, long stepsPerEpoch) {
    this.model = model;
    this.config = config;
    this.options = options;
    this.stepsPerEpoch = stepsPerEpoch;
    optimizer = model.createOptimizer(config.optimizer(), groups(model, config));
    gradients = new Gradients(inGroups(model, optimizer));
    average = new WeightAverage(model.parameters(), config.averageWeights());
  }

  /** All parameters, in the order of the optimizer's groups. */
  private static List<Parameter> inGroups(BaseModel model, Optimizer optimizer) {
    Set<Parameter> ordered = new LinkedHashSet<>(optimizer.parameters());
    ordered.addAll(model.parameters());
    return List.copyOf(ordered);
  }

  private static List<ParameterGroup> groups(BaseModel model, TrainingConfig config) {
    Double decay = config.layerDecay();
    return decay == null
        ? config.parameterGroups()
        : LayerDecay.apply(config.optimizer(), model.parameters(), config.parameterGroups(), decay);
  }

  public BaseModel model() {
    return model;
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** The gradients of the current step. */
  public Gradients gradients() {
    return gradients;
  }

  /** The values of the trainable parameters by name, in their shapes; not copies. */
  public Map<String, NDArray> weights() {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    model.parameters().stream()
        .filter(Parameter::trainable)
        .forEach(parameter -> weights.put(parameter.name(), parameter.value()));
    return weights;
  }

  /** The number of optimizer steps done. */
  public long step() {
    return progress.step();
  }

  /** The current epoch, from 1. */
  public int epoch() {
    return progress.epoch();
  }

  /** The number of epochs of the whole run. */
  public int epochs() {
    return config.epochs();
  }

  /** The number of complete epochs; the current one counts as soon as its last step is done. */
  public int completedEpochs() {
    return isEpochEnd() ? progress.epoch() : progress.epoch() - 1;
  }

  /** The number of optimizer steps done in the current epoch. */
  public long stepInEpoch() {
    return progress.stepInEpoch();
  }

  /** The number of optimizer steps of each epoch. */
  public long stepsPerEpoch() {
    return stepsPerEpoch;
  }

  /** The number of optimizer steps of the whole run. */
  public long totalSteps() {
    long steps = Math.multiplyExact(stepsPerEpoch, config.epochs());
    return config.maxSteps() == null ? steps : Math.min(steps, config.maxSteps());
  }

  /** Whether the last step of the current epoch, or of the run, is done. */
  public boolean isEpochEnd() {
    return progress.stepInEpoch() == stepsPerEpoch || progress.step() == totalSteps();
  }

  /** Whether the current step must be validated: all processes have identical weights. */
  boolean isValidationDue() {
    TrainingConfig.Interval every = config.validateEvery();
    if (every == null || progress.step() == totalSteps()) {
      return isEpochEnd();
    }
    long intervals = progress.step() / every.steps();
    return synchronous && intervals > progress.validatedStep() / every.steps();
  }

  /** Whether all steps have been trained and the last validation is complete. */
  boolean isFinished() {
    return progress.step() >= totalSteps() && progress.isValidated();
  }

  /** The number of examples or tokens in the current batch that count, over all processes. */
  public double batchWeight() {
    return batchWeight;
  }

  /**
   * A seed for random numbers in the current step. It depends only on the seed of the run, the step
   * and the purpose, so that a resumed run draws the same numbers.
   *
   * @param purpose a name that is different for each use
   */
  public long seed(String purpose) {
    return Seeds.of(Seeds.of(options.seed(), purpose), progress.step() + 1);
  }

  /** The seed of a micro-batch of the current step. */
  long seed(int microBatch, int rank) {
    return Seeds.of(options.seed(), progress.step() + 1, microBatch, rank);
  }

  /**
   * The learning rate of the current step, according to the schedule.
   *
   * @param base the learning rate of the optimizer or parameter group
   */
  double learningRate(double base) {
    return config.schedule().learningRate(base, progress.step() + 1, totalSteps());
  }

  boolean stopRequested() {
    return options.stop().requested();
  }

  void setBatchWeight(double weight) {
    batchWeight = weight;
  }

  /**
   * Multiplies the gradients by a factor and clips them, first by the global norm, then by value.
   *
   * @return their 2-norm after the multiplication and before the clipping
   */
  double scaleAndClip(double factor) {
    Double maxNorm = config.clipNorm();
    // device-to-host synchronization: the norm
    double norm =
        gradients.scaleAndClipNorm(factor, maxNorm == null ? Double.POSITIVE_INFINITY : maxNorm);
    if (config.clipValue() != null) {
      gradients.clipValue(config.clipValue());
    }
    return norm;
  }

  /** Counts a step. */
  void stepDone(StepTotals totals) {
    progress.stepDone(totals.loss(), totals.weight());
  }

  /** Sets whether all processes have identical weights, and updates the average if they do. */
  void setSynchronous(boolean synchronous) {
    this.synchronous = synchronous;
    if (synchronous) {
      average.update(!averaged);
      averaged = true;
    }
  }

  /** Whether all processes have identical weights. */
  boolean isSynchronous() {
    return synchronous;
  }

  TrainingConfig config() {
    return config;
  }

  Progress progress() {
    return progress;
  }

  WeightAverage average() {
    return average;
  }

  /**
   * Restores the position. Weights are identical in all processes whenever a checkpoint is saved,
   * so the weight average of a checkpoint with at least one step has been started.
   */
  void restoreProgress(JsonNode json) {
    progress.restoreFrom(json, stepsPerEpoch);
    averaged = progress.step() > 0;
  }

  /** The arrays of optimizer and weight average by name; checkpoints store them. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>(optimizer.state());
    arrays.putAll(average.state());
    return arrays;
  }

  /**
   * Exchanges the weights of the model with the result weights until the returned exchange is
   * closed.
   *
   * @param result the result weights by parameter name; if empty, the averaged weights are used, if
   *     the run has them
   */
  WeightAverage.Exchange useResult(Map<String, NDArray> result) {
    if (result.isEmpty()) {
      return average.inPlace();
    }
    Map<String, NDArray> weights = weights();
    List<NDArray> own = new ArrayList<>();
    List<NDArray> others = new ArrayList<>();
    result.forEach(
        (name, value) -> {
          NDArray weight = weights.get(name);
          if (weight == null || !weight.getShape().equals(value.getShape())) {
            throw new IllegalArgumentException(
                Formats.of(
                    "The strategy's resultWeights contain \"%s\" %s, but the model has no"
                        + " trainable parameter of this name and shape.",
                    name, value.getShape()));
          }
          own.add(weight);
          others.add(value);
        });
    return WeightAverage.exchange(own, others);
  }

  @Override
  public void close() {
    average.close();
    gradients.close();
    optimizer.close();
  }
}
