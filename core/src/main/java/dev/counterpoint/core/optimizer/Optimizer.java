package dev.counterpoint.core.optimizer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.NamePattern;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Optimizer: applies an {@link OptimizerConfig} to the parameters of a model and keeps the
 * optimizer state.
 *
 * <p>The weight decay of the config applies only to parameters with two or more dimensions: biases
 * and norm weights, which have one, are not decayed. A {@link ParameterGroup} with a weight decay
 * applies it to all its parameters.
 */
public final class Optimizer implements Stateful, AutoCloseable {
  private final OptimizerConfig config;
  private final NDManager manager;
  private final Map<String, NDArray> state = new LinkedHashMap<>();
  private final List<Group> groups = new ArrayList<>();

  /** Settings shared by the parameters of a group. */
  private record Settings(double learningRate, double weightDecay) {}

  /**
   * Parameters with the same settings, and their state by slot name.
   *
   * @param values the values of the parameters, in their order
   */
  private record Group(
      Settings settings,
      List<Parameter> parameters,
      NativeList values,
      Map<String, NativeList> slots) {}

  private Optimizer(OptimizerConfig config, NDManager manager) {
    this.config = config;
    this.manager = manager;
  }

  /**
   * Creates an optimizer for the trainable parameters among the given ones, which must be
   * initialized.
   *
   * @throws InvalidSettings if a group's pattern matches no parameter
   */
  public static Optimizer create(
      OptimizerConfig config, List<Parameter> parameters, List<ParameterGroup> groups) {
    checkNames(parameters, groups);
    List<Parameter> trainable = parameters.stream().filter(Parameter::trainable).toList();
    Device device = trainable.isEmpty() ? Device.cpu() : trainable.get(0).value().getDevice();
    Optimizer optimizer = new Optimizer(config, Torch.newManager(device));
    trainable.stream()
        .collect(
            Collectors.groupingBy(
                parameter -> settings(config, parameter, groups),
                LinkedHashMap::new,
                Collectors.toUnmodifiableList()))
        .forEach(optimizer::add);
    return optimizer;
  }

  static void checkNames(List<Parameter> parameters, List<ParameterGroup> groups) {
    List<String> names = parameters.stream().map(Parameter::name).toList();
    for (ParameterGroup group : groups) {
      for (String pattern : group.match()) {
        if (names.stream().noneMatch(new NamePattern(pattern))) {
          throw new InvalidSettings(
              "The parameter group pattern \"%s\" matches no parameter. Parameters: %s.",
              pattern, Formats.list(names, 24));
        }
      }
    }
  }

  private static Settings settings(
      OptimizerConfig config, Parameter parameter, List<ParameterGroup> groups) {
    double learningRate = config.learningRate();
    double weightDecay = parameter.shape().dimension() > 1 ? config.weightDecay() : 0;
    ParameterGroup group = ParameterGroup.of(parameter.name(), groups);
    Double groupRate = group.learningRate();
    Double groupDecay = group.weightDecay();
    return new Settings(
        groupRate == null ? learningRate : groupRate,
        groupDecay == null ? weightDecay : groupDecay);
  }

  private void add(Settings settings, List<Parameter> parameters) {
    Map<String, NativeList> slots = new LinkedHashMap<>();
    for (Slot slot : config.slots()) {
      slots.put(
          slot.name(), NativeList.of(parameters.stream().map(it -> createSlot(it, slot)).toList()));
    }
    NativeList values = NativeList.of(parameters.stream().map(Parameter::value).toList());
    groups.add(new Group(settings, parameters, values, slots));
  }

  private NDArray createSlot(Parameter parameter, Slot slot) {
    Shape shape = slot.scalar() ? new Shape() : parameter.shape();
    NDArray array = manager.full(shape, (float) slot.start());
    NDScope.unregister(array);
    state.put(parameter.name() + "/" + slot.name(), array);
    return array;
  }

  /**
   * Performs one optimizer step. Parameters without a gradient are not changed, as torch.optim
   * skips those whose grad is None.
   *
   * @param schedule maps a group's base learning rate to its learning rate at this step
   * @return the learning rate of the parameters without a group-specific learning rate
   */
  public double step(Gradients gradients, DoubleUnaryOperator schedule) {
    try (Torch.Recording noGradients = Torch.noGradients();
        NDScope scope = Torch.newScope()) {
      for (Group group : groups) {
        List<Parameter> active = gradients.present(group.parameters());
        if (!active.isEmpty()) {
          double learningRate = schedule.applyAsDouble(group.settings().learningRate());
          try (NativeList groupGradients = gradients.select(active)) {
            config.update(update(group, active, groupGradients, learningRate));
          }
        }
      }
    }
    return learningRate(schedule);
  }

  /** The scheduled learning rate of the parameters without a group-specific learning rate. */
  public double learningRate(DoubleUnaryOperator schedule) {
    return schedule.applyAsDouble(config.learningRate());
  }

  private static Update update(
      Group group, List<Parameter> active, List<NDArray> gradients, double learningRate) {
    List<NDArray> values = group.values();
    Map<String, List<NDArray>> slots = new LinkedHashMap<>(group.slots());
    if (active.size() < group.parameters().size()) {
      Set<Parameter> selected = Set.copyOf(active);
      values = select(selected, group, values);
      slots.replaceAll((name, all) -> select(selected, group, all));
    }
    return new Update(values, gradients, slots, learningRate, group.settings().weightDecay());
  }

  private static List<NDArray> select(Set<Parameter> selected, Group group, List<NDArray> all) {
    return IntStream.range(0, all.size())
        .filter(i -> selected.contains(group.parameters().get(i)))
        .mapToObj(all::get)
        .toList();
  }

  /** All parameters that this optimizer trains, group by group. */
  public List<Parameter> parameters() {
    return groups.stream().flatMap(group -> group.parameters().stream()).toList();
  }

  /**
   * The optimizer state by {@code parameter name/slot name}. These are the state arrays themselves,
   * not copies: {@code CheckpointStore.save} writes them, and {@code Checkpoint.load} reads into
   * them.
   */
  @Override
  public Map<String, NDArray> state() {
    return Collections.unmodifiableMap(state);
  }

  @Override
  public void close() {
    for (Group group : groups) {
      group.values().close();
      group.slots().values().forEach(NativeList::close);
    }
    manager.close();
  }
}
