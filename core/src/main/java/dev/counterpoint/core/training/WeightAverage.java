package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
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
 * begin it. Where none is asked for, it is an average of nothing.
 */
final class WeightAverage implements AutoCloseable {
  private final NDManager memory = Torch.newManager(Device.cpu());
  private final Map<String, NDArray> averages = new LinkedHashMap<>();
  private final NativeList weights;
  private final NativeList arrays;
  private final double decay;

  WeightAverage(List<Parameter> model, @Nullable AverageWeights settings) {
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

  /** Takes in the weights as a round of steps has left them; rounds count from 1. */
  void update(long round) {
    if (isKept()) {
      Kernel.load("average").run("update", arrays, weights, round == 1 ? 1.0 : 1 - decay);
    }
  }

  /** The model has the average in the place of its own weights, until the result is closed. */
  Exchange inPlace() {
    exchange();
    return this::exchange;
  }

  /** The model has the average from now on. */
  void exchange() {
    if (isKept()) {
      Kernel.load("average").run("swap", arrays, weights);
    }
  }

  /** Whether there is an average of anything. */
  boolean isKept() {
    return !averages.isEmpty();
  }

  /** The average by parameter name, the arrays themselves: what a checkpoint keeps. */
  Map<String, NDArray> state() {
    return averages;
  }

  @Override
  public void close() {
    arrays.close();
    weights.close();
    memory.close();
  }

  /** The exchange of the average and the model's own weights; closing it takes it back. */
  @FunctionalInterface
  interface Exchange extends AutoCloseable {
    @Override
    void close();
  }
}
