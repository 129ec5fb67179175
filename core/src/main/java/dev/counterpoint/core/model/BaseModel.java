package dev.counterpoint.core.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.parameter.NamePattern;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model to be trained: the one class to extend. Keep layers in fields, write {@link #forward},
 * say what the loss is:
 *
 * <pre>{@code
 * public final class Classifier extends BaseModel {
 *   private final Linear hidden = new Linear(4, 16);
 *   private final Linear head = new Linear(16, 3);
 *
 *   public NDArray forward(Batch batch) {
 *     return head.forward(Activation.RELU.forward(hidden.forward(batch.features()))); // (batch, 3)
 *   }
 *
 *   public Loss lossFunction() {
 *     return CrossEntropy.defaults();
 *   }
 * }
 * }</pre>
 *
 * <p>A model has no native memory until {@link #initialize}. It may then be trained by one thread,
 * or, in evaluation, be called by any number.
 */
public abstract class BaseModel extends Layer implements AutoCloseable {
  private static final int LISTED = 24;

  private @Nullable NDManager memory;
  private @Nullable Loss replacement;

  /**
   * From a batch to whatever the loss and the metrics of this model understand, mostly logits
   * (batch, classes).
   */
  public abstract NDArray forward(Batch batch);

  /** What training makes small, unless a run file names another loss. */
  public abstract Loss lossFunction();

  /**
   * The optimizer of this model. Given; overridden where a model must have its own.
   *
   * @param rule the algorithm that the run asks for
   * @param groups what differs for parameters of certain names
   */
  public Optimizer createOptimizer(OptimizerConfig rule, List<ParameterGroup> groups) {
    return Optimizer.create(rule, parameters(), groups);
  }

  /** The loss of a batch: this model's own, or the one that took its place. */
  public final LossSum loss(NDArray output, Batch batch) {
    Loss loss =
        replacement == null ? requireReturned(lossFunction(), this, "lossFunction") : replacement;
    return requireReturned(loss.of(output, batch), loss, "of");
  }

  private static <T> T requireReturned(@Nullable T result, Object of, String method) {
    if (result == null) {
      throw new IllegalArgumentException(
          of.getClass().getSimpleName() + "." + method + " returned null.");
    }
    return result;
  }

  /** Trains with another loss than the model's own. */
  public final void replaceLoss(Loss loss) {
    replacement = loss;
  }

  /** Every parameter under its dotted path, in the order of the fields; a shared one once. */
  public final List<Parameter> parameters() {
    List<Parameter> named = new ArrayList<>();
    LayerFields.visit(
        this,
        "",
        (path, parameter) -> {
          if (named.stream().noneMatch(known -> known == parameter)) {
            parameter.named(path);
            named.add(parameter);
          }
        },
        (path, layer) -> {});
    return named;
  }

  /**
   * Every linear layer under its dotted path, in the order of the fields, save for those that share
   * the weight of another layer.
   */
  public final Map<String, Linear> linears() {
    parameters(); // so that they are named
    Map<String, Linear> named = new LinkedHashMap<>();
    LayerFields.visit(
        this,
        "",
        (path, parameter) -> {},
        (path, layer) -> {
          if (layer instanceof Linear linear
              && linear.parameter().name().equals(path + ".weight")) {
            named.put(path, linear);
          }
        });
    return named;
  }

  /**
   * Gives every parameter memory on the device and its first values, a function of seed and name.
   */
  public final void initialize(Device device, long seed) {
    if (memory != null) {
      throw new IllegalStateException("The model is initialized already.");
    }
    NDManager manager = Torch.newManager(device);
    parameters().forEach(parameter -> parameter.initialize(manager, seed));
    memory = manager;
  }

  public final boolean initialized() {
    return memory != null;
  }

  /**
   * Where the parameters lie.
   *
   * @throws IllegalStateException before {@link #initialize}
   */
  public final Device device() {
    if (memory == null) {
      throw new IllegalStateException(
          "The model is not initialized; call initialize(device, seed) first.");
    }
    return memory.getDevice();
  }

  /**
   * Keeps every parameter whose name matches as it is: {@code freeze("embedding.*")}.
   *
   * @throws InvalidSettings where no name matches
   */
  public final void freeze(String pattern) {
    NamePattern names = new NamePattern(pattern);
    List<Parameter> matching =
        parameters().stream().filter(parameter -> names.test(parameter.name())).toList();
    if (matching.isEmpty()) {
      throw new InvalidSettings(
          "No parameter is named like \"" + pattern + "\"; the names are " + listed() + ".");
    }
    matching.forEach(parameter -> parameter.setTrainable(false));
  }

  private String listed() {
    List<String> names = parameters().stream().map(Parameter::name).toList();
    int more = names.size() - LISTED;
    return String.join(", ", names.subList(0, Math.min(LISTED, names.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }

  @Override
  public final void close() {
    if (memory != null) {
      memory.close();
    }
  }
}
