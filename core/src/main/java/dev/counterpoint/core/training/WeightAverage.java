package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Kernel;
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
  private final List<Parameter> parameters;
  private final double decay;

  WeightAverage(List<Parameter> model, @Nullable AverageWeights settings) {
    parameters =
        settings == null ? List.of() : model.stream().filter(Parameter::trainable).toList();
    decay = settings == null ? 0 : settings.decay();
    for (Parameter parameter : parameters) {
      NDArray average = parameter.value().duplicate();
      NDScope.unregister(average);
      average.attach(memory);
      averages.put(parameter.name() + "/average", average);
    }
  }

  /** Takes in the weights as a round of steps has left them; rounds count from 1. */
  void update(long round) {
    run("update", round == 1 ? 1.0 : 1 - decay);
  }

  /** The model has the average in the place of its own weights, until the result is closed. */
  Exchange inPlace() {
    exchange();
    return this::exchange;
  }

  /** The model has the average from now on. */
  void exchange() {
    run("swap");
  }

  private void run(String function, Object... numbers) {
    if (!parameters.isEmpty()) {
      List<NDArray> weights = parameters.stream().map(Parameter::value).toList();
      Object[] arguments = new Object[2 + numbers.length];
      arguments[0] = List.copyOf(averages.values());
      arguments[1] = weights;
      System.arraycopy(numbers, 0, arguments, 2, numbers.length);
      Kernel.load("average").run(function, arguments);
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
    memory.close();
  }

  /** The exchange of the average and the model's own weights; closing it takes it back. */
  @FunctionalInterface
  interface Exchange extends AutoCloseable {
    @Override
    void close();
  }
}
