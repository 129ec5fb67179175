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
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An update rule at work on the parameters of a model, with what it remembers of them.
 *
 * <p>The rule's own weight decay acts on parameters of two or more dimensions only: biases and the
 * scales of norms, which have one, are left alone. A {@link ParameterGroup} that says its decay has
 * it for all its parameters.
 */
public final class Optimizer implements Stateful, AutoCloseable {
  private final UpdateRule rule;
  private final NDManager memory;
  private final Map<String, NDArray> state = new LinkedHashMap<>();
  private final List<Group> groups = new ArrayList<>();

  /** What the members of one group share. */
  private record Settings(double learningRate, double weightDecay) {}

  /**
   * The parameters that share their settings, and what is remembered of them, by slot name.
   *
   * @param values those of the parameters, in their order
   */
  private record Group(
      Settings settings,
      List<Parameter> parameters,
      NativeList values,
      Map<String, NativeList> slots) {}

  private Optimizer(UpdateRule rule, NDManager memory) {
    this.rule = rule;
    this.memory = memory;
  }

  /**
   * An optimizer of the trainable ones among the parameters, which have their values already.
   *
   * @throws InvalidSettings where a group's pattern matches no parameter
   */
  public static Optimizer create(
      UpdateRule rule, List<Parameter> parameters, List<ParameterGroup> groups) {
    checkNames(parameters, groups);
    List<Parameter> trainable = parameters.stream().filter(Parameter::trainable).toList();
    Device device = trainable.isEmpty() ? Device.cpu() : trainable.get(0).value().getDevice();
    Optimizer optimizer = new Optimizer(rule, Torch.newManager(device));
    trainable.stream()
        .collect(
            Collectors.groupingBy(
                parameter -> settings(rule, parameter, groups),
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
              "A parameter group asks for \""
                  + pattern
                  + "\", but no parameter is named like it; the names are "
                  + String.join(", ", names)
                  + ".");
        }
      }
    }
  }

  private static Settings settings(
      UpdateRule rule, Parameter parameter, List<ParameterGroup> groups) {
    double rate = rule.learningRate();
    double decay = parameter.shape().dimension() > 1 ? rule.weightDecay() : 0;
    ParameterGroup group = ParameterGroup.of(parameter.name(), groups);
    Double ownRate = group.learningRate();
    Double ownDecay = group.weightDecay();
    return new Settings(ownRate == null ? rate : ownRate, ownDecay == null ? decay : ownDecay);
  }

  private void add(Settings settings, List<Parameter> parameters) {
    Map<String, NativeList> slots = new HashMap<>();
    for (Slot slot : rule.slots()) {
      slots.put(
          slot.name(), NativeList.of(parameters.stream().map(it -> remember(it, slot)).toList()));
    }
    NativeList values = NativeList.of(parameters.stream().map(Parameter::value).toList());
    groups.add(new Group(settings, parameters, values, slots));
  }

  private NDArray remember(Parameter parameter, Slot slot) {
    Shape shape = slot.scalar() ? new Shape() : parameter.shape();
    NDArray array = memory.full(shape, (float) slot.start());
    NDScope.unregister(array);
    state.put(parameter.name() + "/" + slot.name(), array);
    return array;
  }

  /**
   * One update. Parameters without a gradient are left alone, as torch.optim leaves those whose
   * grad is None.
   *
   * @param schedule from a group's base rate to its rate at this step
   * @return the rate of the parameters that no group gives another
   */
  public double step(Gradients gradients, DoubleUnaryOperator schedule) {
    try (Torch.Recording off = Torch.noGradients();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (Group group : groups) {
        List<Parameter> moving = gradients.present(group.parameters());
        if (!moving.isEmpty()) {
          double rate = schedule.applyAsDouble(group.settings().learningRate());
          try (NativeList own = gradients.of(moving)) {
            rule.update(update(group, moving, own, rate));
          }
        }
      }
    }
    return learningRate(schedule);
  }

  /** The learning rate of the parameters that are in no group of their own. */
  public double learningRate(DoubleUnaryOperator schedule) {
    return schedule.applyAsDouble(rule.learningRate());
  }

  private static Update update(
      Group group, List<Parameter> moving, List<NDArray> gradients, double rate) {
    List<NDArray> values = group.values();
    Map<String, List<NDArray>> slots = new HashMap<>(group.slots());
    if (moving.size() < group.parameters().size()) {
      Set<Parameter> some = Set.copyOf(moving);
      values = of(some, group, values);
      slots.replaceAll((name, all) -> of(some, group, all));
    }
    return new Update(values, gradients, slots, rate, group.settings().weightDecay());
  }

  private static List<NDArray> of(Set<Parameter> some, Group group, List<NDArray> all) {
    return IntStream.range(0, all.size())
        .filter(i -> some.contains(group.parameters().get(i)))
        .mapToObj(all::get)
        .toList();
  }

  /** All that it trains, those of a group one after the other. */
  public List<Parameter> parameters() {
    return groups.stream().flatMap(group -> group.parameters().stream()).toList();
  }

  /**
   * Everything remembered, by {@code parameter name/slot name}, the arrays themselves: what {@code
   * CheckpointStore.save} takes, and {@code Checkpoint.load} writes into.
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
    memory.close();
  }
}
