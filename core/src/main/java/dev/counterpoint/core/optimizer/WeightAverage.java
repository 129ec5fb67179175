package dev.counterpoint.core.optimizer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The exponential moving average of the trained weights: {@code
 * torch.optim.swa_utils.AveragedModel} with {@code get_ema_multi_avg_fn}. The first step's weights
 * begin it. Without settings it is an average of no parameter.
 */
public final class WeightAverage implements Stateful, AutoCloseable {
  private final NDManager memory = Torch.newManager(Device.cpu());
  private final Map<String, NDArray> averages = new LinkedHashMap<>();
  private final NativeList weights;
  private final NativeList arrays;
  private final double decay;

  public WeightAverage(List<Parameter> model, @Nullable AverageWeights settings) {
    List<Parameter> parameters =
        settings == null ? List.of() : model.stream().filter(Parameter::trainable).toList();
    decay = settings == null ? 0 : settings.decay();
    for (Parameter parameter : parameters) {
      NDArray average = parameter.value().duplicate();
      NDScope.unregister(average);
      average.attach(memory);
      averages.put(parameter.name() + "/average", average);
    }
    weights = NativeList.of(parameters.stream().map(Parameter::value).toList());
    arrays = NativeList.of(List.copyOf(averages.values()));
  }

  /**
   * Updates the average with the current weights.
   *
   * @param first whether this is the first update of the run, which copies the weights
   */
  public void update(boolean first) {
    if (isKept()) {
      Kernel.load("average").run("update", arrays, weights, first ? 1.0 : 1 - decay);
    }
  }

  /** Exchanges the average and the weights of the model, until the result is closed. */
  public Exchange inPlace() {
    return isKept() ? exchange(arrays, weights) : () -> {};
  }

  /** Exchanges the values of two lists of arrays of equal shapes, until the result is closed. */
  public static Exchange exchange(List<NDArray> first, List<NDArray> second) {
    Kernel average = Kernel.load("average");
    average.run("swap", first, second);
    return () -> average.run("swap", first, second);
  }

  /** Whether the run averages its weights. */
  public boolean isKept() {
    return !averages.isEmpty();
  }

  @Override
  public Map<String, NDArray> state() {
    return averages;
  }

  @Override
  public void close() {
    arrays.close();
    weights.close();
    memory.close();
  }

  /** An exchange of weights; closing it reverts it. */
  @FunctionalInterface
  public interface Exchange extends AutoCloseable {
    @Override
    void close();
  }
}
