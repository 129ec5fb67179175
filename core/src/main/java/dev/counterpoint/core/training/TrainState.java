package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.Clipping;
import dev.counterpoint.core.optimizer.LayerDecay;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.optimizer.WeightAverage;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.parameter.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a training step reads and writes: the model, its gradients, its optimizer, and
 * the position in the run. Closing it leaves the model open.
 */
public final class TrainState implements AutoCloseable {
  private final BaseModel model;
  private final TrainingConfig config;
  private final Optimizer optimizer;
  private final Gradients gradients;
  private final WeightAverage average;
  private final Clipping clipping;
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
    clipping = new Clipping(config.clipNorm(), config.clipValue());
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

  /** The values of the trainable parameters by name, each of its parameter's shape. */
  public Map<String, NDArray> weights() {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    model.parameters().stream()
        .filter(Parameter::trainable)
        .forEach(parameter -> weights.put(parameter.name(), parameter.value()));
    return weights;
  }

  /** Optimizer steps done. */
  public long step() {
    return progress.step();
  }

  /** The current epoch, from 1. */
  public int epoch() {
    return progress.epoch();
  }

  /** Epochs of the whole run. */
  public int epochs() {
    return config.epochs();
  }

  /** Epochs done; the current one counts as soon as its last step is done. */
  public int completedEpochs() {
    return isEpochEnd() ? progress.epoch() : progress.epoch() - 1;
  }

  /** Optimizer steps done in the current epoch. */
  public long stepInEpoch() {
    return progress.stepInEpoch();
  }

  /** Whether the last step of the current epoch is done. */
  public boolean isEpochEnd() {
    return progress.stepInEpoch() == stepsPerEpoch;
  }

  /** Examples or tokens of the current batch that count in the loss, over all processes. */
  public double batchWeight() {
    return batchWeight;
  }

  /**
   * A seed for random numbers of the current step: a function of the run's seed, the step and the
   * purpose, so that a resumed run draws the same numbers.
   *
   * @param purpose a different name for each use
   */
  public long seed(String purpose) {
    return Seeds.of(Seeds.of(options.seed(), purpose), progress.step() + 1);
  }

  /** The seed of a micro-batch of the current step. */
  long seed(int microBatch, int rank) {
    return Seeds.of(options.seed(), progress.step() + 1, microBatch, rank);
  }

  /** The learning rate of the current step. */
  double learningRate(double base) {
    return config
        .schedule()
        .learningRate(base, progress.step() + 1, stepsPerEpoch * config.epochs());
  }

  boolean stopRequested() {
    return options.stop().requested();
  }

  void setBatchWeight(double weight) {
    batchWeight = weight;
  }

  /**
   * Multiplies the gradients by a factor and clips them.
   *
   * @return their 2-norm after the multiplication and before the clipping
   */
  double scaleAndClip(double factor) {
    return clipping.scaleAndClip(gradients, factor); // device-to-host synchronization: the norm
  }

  /** Counts a step. */
  void stepDone(StepTotals totals) {
    progress.stepDone(totals.loss(), totals.weight());
  }

  /** Records whether all processes have identical weights, and updates the average if they have. */
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

  long stepsPerEpoch() {
    return stepsPerEpoch;
  }

  /** Checkpoints have identical weights in all processes, so that the first step is averaged. */
  void restoreProgress(JsonNode json) {
    progress.restoreFrom(json);
    averaged = progress.step() > 0;
  }

  /** The arrays that a checkpoint stores for every strategy, by name: optimizer and average. */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>(optimizer.state());
    arrays.putAll(average.state());
    return arrays;
  }

  /**
   * Exchanges the model's weights with the result's until the returned exchange is closed.
   *
   * @param result by parameter name; if empty, the average of the weights, if the run has one
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
                "resultWeights of the strategy has \""
                    + name
                    + "\" "
                    + value.getShape()
                    + ", but the model has no trainable parameter of this name and shape.");
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
