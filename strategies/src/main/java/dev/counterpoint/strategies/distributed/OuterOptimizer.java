package dev.counterpoint.strategies.distributed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.parameter.FlatArrays;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Outer optimizer of DiLoCo: {@code torch.optim.SGD} with {@code nesterov=True}, whose gradient is
 * the change of the weights since the last outer step. It needs memory of three times the weights,
 * on the CPU.
 */
final class OuterOptimizer implements AutoCloseable {
  private final OuterOptimizerConfig config;
  private final List<String> names;
  private final List<NDArray> weights;
  private final FlatArrays start;
  private final FlatArrays momentum;
  private final FlatArrays change;
  private boolean started;

  OuterOptimizer(OuterOptimizerConfig config, Map<String, NDArray> weights) {
    this.config = config;
    this.names = new ArrayList<>();
    this.weights = new ArrayList<>();
    weights.forEach(
        (name, weight) -> {
          if (weight.size() > 0) {
            names.add(name);
            this.weights.add(weight);
          }
        });
    List<Shape> shapes = this.weights.stream().map(NDArray::getShape).toList();
    start = new FlatArrays(shapes);
    momentum = new FlatArrays(shapes);
    change = new FlatArrays(shapes);
  }

  /** Copies the weights before the first step; each outer step then updates the copy. */
  void startIfNew() {
    if (!started) {
      start.copyFrom(weights);
      started = true;
    }
  }

  /**
   * Takes an outer step: all weights become the start weights minus the outer update, computed from
   * the mean change over the processes.
   */
  void step(Collective collective) {
    NDArray values = start.flat();
    change.copyFrom(weights);
    run("change", change.flat(), values, 1.0 / collective.worldSize());
    collective.allReduce(change.buckets(collective.bucketBytes()));
    run("step", values, momentum.flat(), change.flat(), config.learningRate(), config.momentum());
    start.copyTo(weights);
  }

  private static void run(String function, Object... arguments) {
    Kernel.load(OuterOptimizer.class, "outer_optimizer").run(function, arguments);
  }

  /** The momentum by parameter name, the same in all processes. */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      state.put(names.get(i) + "/outer-momentum", momentum.slots().get(i));
    }
    return state;
  }

  @Override
  public void close() {
    start.close();
    momentum.close();
    change.close();
  }
}
