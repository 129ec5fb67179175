package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.LayerDecay;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model with all that learns in it: what a step reads and writes. Closing it leaves the model.
 *
 * @param average of the weights; it keeps none where none is asked for
 */
record Learner(
    BaseModel model,
    Optimizer optimizer,
    Gradients gradients,
    WeightAverage average,
    OuterStep outer,
    Rounds rounds)
    implements AutoCloseable {
  static Learner of(BaseModel model, TrainingConfig config, TrainingStrategy strategy) {
    Optimizer optimizer = model.createOptimizer(config.optimizer(), groups(model, config));
    return new Learner(
        model,
        optimizer,
        new Gradients(inGroups(model, optimizer)),
        new WeightAverage(model.parameters(), config.averageWeights()),
        new OuterStep(strategy.rounds(), strategy.collective(), model.parameters()),
        strategy.rounds());
  }

  /** All parameters, those first that the optimizer takes together. */
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

  /**
   * What a checkpoint holds beside the parameters. A process that is alone now may go on from one
   * that several have made, and the other way round.
   */
  RankMemory memory(Consensus consensus) {
    Map<String, NDArray> common = new HashMap<>(average.state());
    common.putAll(outer.state());
    if (rounds.local()) {
      return new RankMemory(common, optimizer.state(), consensus);
    }
    common.putAll(optimizer.state());
    return new RankMemory(common, Map.of(), consensus);
  }

  @Override
  public void close() {
    outer.close();
    average.close();
    gradients.close();
    optimizer.close();
  }
}
