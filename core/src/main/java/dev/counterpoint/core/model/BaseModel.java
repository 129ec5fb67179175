package dev.counterpoint.core.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.management.OperatingSystemMXBean;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.optimizer.Optimizer;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.parameter.NamePattern;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Base class of all trainable models. A subclass keeps its layers in fields and implements {@link
 * #forward} and {@link #lossFunction}:
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
 * <p>A model has no native memory before {@link #initialize}. After that, one thread may train it,
 * or any number of threads may call it in evaluation mode.
 */
public abstract class BaseModel extends Layer implements AutoCloseable {
  private static final int MAX_LISTED_NAMES = 24;

  private @Nullable NDManager manager;

  /**
   * The loss set by {@link #replaceLoss}, or null. The name is part of parameter paths if the loss
   * is a layer.
   */
  private @Nullable Loss replacement;

  /**
   * Computes the output for a batch, in the form that the loss and the metrics of this model
   * expect; usually logits (batch, classes).
   */
  public abstract NDArray forward(Batch batch);

  /** The loss that training minimizes, unless a run file configures another loss. */
  public abstract Loss lossFunction();

  /**
   * Creates the optimizer of this model. May be overridden for models that need a special
   * optimizer.
   *
   * @param config the optimizer configured for the run
   * @param groups learning rates and weight decays that differ for parameters with certain names
   */
  public Optimizer createOptimizer(OptimizerConfig config, List<ParameterGroup> groups) {
    return Optimizer.create(config, parameters(), groups);
  }

  /**
   * Computes the loss of a batch with this model's loss function, or with the one set by {@link
   * #replaceLoss}, plus the auxiliary losses that layers added in the forward pass: {@link
   * #addLoss}.
   */
  public final LossSum loss(NDArray output, Batch batch) {
    Loss loss = effectiveLoss();
    LossSum sum = requireReturned(loss.of(output, batch), loss, "of");
    LossSum checked =
        batch.has(Batch.LABELS) ? sum.requireNoBroadcast(output, batch.labels()) : sum;
    return checked.withAuxiliary(ForwardScope.losses());
  }

  /** How outputs become predictions; empty if the loss of this model does not declare it. */
  public final Optional<OutputActivation> outputActivation() {
    return effectiveLoss().outputActivation();
  }

  private Loss effectiveLoss() {
    return replacement == null
        ? requireReturned(lossFunction(), this, "lossFunction")
        : replacement;
  }

  private static <T> T requireReturned(@Nullable T result, Object receiver, String method) {
    if (result == null) {
      throw new IllegalArgumentException(
          receiver.getClass().getSimpleName() + "." + method + " returned null.");
    }
    return result;
  }

  /** Replaces the model's loss function with the given loss. */
  public final void replaceLoss(Loss loss) {
    replacement = loss;
  }

  /** All parameters, named by dotted path, in field order; a shared parameter is listed once. */
  public final List<Parameter> parameters() {
    List<Parameter> result = new ArrayList<>();
    LayerFields.visitParameters(
        this,
        (path, parameter) -> {
          if (result.stream().noneMatch(it -> it == parameter)) {
            parameter.setName(path);
            result.add(parameter);
          }
        });
    return result;
  }

  /** The additional paths of shared parameters, each with the name of its parameter. */
  public final Map<String, String> sharedPaths() {
    parameters(); // assigns the names
    Map<String, String> shared = new LinkedHashMap<>();
    LayerFields.visitParameters(
        this,
        (path, parameter) -> {
          if (!path.equals(parameter.name())) {
            shared.put(path, parameter.name());
          }
        });
    return shared;
  }

  /**
   * All linear layers by dotted path, in field order, except for layers that share the weight of
   * another layer.
   */
  public final Map<String, Linear> linears() {
    parameters(); // assigns the names
    Map<String, Linear> result = new LinkedHashMap<>();
    LayerFields.visitLayers(
        this,
        (path, layer) -> {
          if (layer instanceof Linear linear
              && linear.parameter().name().equals(path + ".weight")) {
            result.put(path, linear);
          }
        });
    return result;
  }

  /**
   * Allocates and initializes all parameters on a device. The initial values are a function of seed
   * and parameter name.
   *
   * @throws IllegalStateException if the model is already initialized
   * @throws InvalidSettings if two parameters have the same name, or if the parameters need more
   *     memory than the machine has
   */
  public final void initialize(Device device, long seed) {
    if (manager != null) {
      throw new IllegalStateException("The model is already initialized.");
    }
    List<Parameter> parameters = parameters();
    // Initial values are functions of names, and files contain one tensor of a name.
    List<String> names = parameters.stream().map(Parameter::name).toList();
    new Checks().distinct("parameter names", names).verify();
    requireMemory(parameters, device);
    NDManager newManager = Torch.newManager(device);
    parameters.forEach(parameter -> parameter.initialize(newManager, seed));
    manager = newManager;
  }

  /** Rejects a model that does not fit into memory: Linux would end the process later. */
  private static void requireMemory(List<Parameter> parameters, Device device) {
    long count = parameters.stream().mapToLong(parameter -> parameter.shape().size()).sum();
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    if (device.equals(Device.cpu()) && count > memory / Float.BYTES) {
      throw new InvalidSettings(
          "The model has %,d parameters of 4 bytes, but this machine has %,d MB of memory.",
          count, memory >> 20);
    }
  }

  public final boolean initialized() {
    return manager != null;
  }

  /**
   * The device of the parameters.
   *
   * @throws IllegalStateException before {@link #initialize}
   */
  public final Device device() {
    if (manager == null) {
      throw new IllegalStateException(
          "The model is not initialized; call initialize(device, seed) first.");
    }
    return manager.getDevice();
  }

  /**
   * Keeps a second copy of the weights of large linear layers, in the order that is fastest for
   * predictions on this processor; does nothing on processors for which libtorch has no faster
   * order. The weights must not change afterwards.
   */
  public final void packWeights() {
    linears().values().forEach(Linear::pack);
  }

  /**
   * Freezes all parameters with matching names, as in {@code freeze("embedding.*")}: training does
   * not change them.
   *
   * @throws InvalidSettings if no name matches
   */
  public final void freeze(String pattern) {
    NamePattern names = new NamePattern(pattern);
    List<Parameter> matching =
        parameters().stream().filter(parameter -> names.test(parameter.name())).toList();
    if (matching.isEmpty()) {
      throw new InvalidSettings(
          "No parameter name matches \"" + pattern + "\". Parameters: " + listNames() + ".");
    }
    matching.forEach(parameter -> parameter.setTrainable(false));
  }

  private String listNames() {
    return Formats.list(parameters().stream().map(Parameter::name).toList(), MAX_LISTED_NAMES);
  }

  @Override
  public final void close() {
    if (manager != null) {
      manager.close();
    }
  }
}
