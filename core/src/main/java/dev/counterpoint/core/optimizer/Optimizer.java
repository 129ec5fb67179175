package dev.counterpoint.core.optimizer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
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
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;

/**
 * An update rule at work on the parameters of a model, with what it remembers of them.
 *
 * <p>The rule's own weight decay acts on parameters of two or more dimensions only: biases and the
 * scales of norms, which have one, are left alone. A {@link ParameterGroup} that says its decay has
 * it for all its parameters.
 */
public final class Optimizer implements AutoCloseable {
  private final UpdateRule rule;
  private final NDManager memory;
  private final Map<String, NDArray> state = new LinkedHashMap<>();
  private final Map<Settings, List<Member>> members = new LinkedHashMap<>();

  /** What the members of one group share. */
  private record Settings(double learningRate, double weightDecay) {}

  /** A parameter and what is remembered of it, by slot name. */
  private record Member(Parameter parameter, Map<String, NDArray> slots) {}

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
    trainable.forEach(parameter -> optimizer.add(parameter, settings(rule, parameter, groups)));
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

  private void add(Parameter parameter, Settings settings) {
    Map<String, NDArray> slots = new HashMap<>();
    for (Slot slot : rule.slots()) {
      Shape shape = slot.scalar() ? new Shape() : parameter.shape();
      NDArray array = memory.full(shape, (float) slot.start());
      NDScope.unregister(array);
      slots.put(slot.name(), array);
      state.put(parameter.name() + "/" + slot.name(), array);
    }
    members.computeIfAbsent(settings, key -> new ArrayList<>()).add(new Member(parameter, slots));
  }

  /**
   * One update. Parameters without a gradient are left alone, as torch.optim leaves those whose
   * grad is None.
   *
   * @param schedule from a group's base rate to its rate at this step
   * @return the rate of the parameters that no group gives another
   */
  public double step(Gradients gradients, DoubleUnaryOperator schedule) {
    Map<Parameter, NDArray> gathered = new HashMap<>();
    gradients.gathered().forEach(gradient -> gathered.put(gradient.parameter(), gradient.array()));
    try (Torch.Recording off = Torch.noGradients();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      members.forEach(
          (settings, group) -> {
            List<Member> moving =
                group.stream().filter(it -> gathered.containsKey(it.parameter())).toList();
            if (!moving.isEmpty()) {
              rule.update(update(settings, moving, gathered, schedule));
            }
          });
    }
    return schedule.applyAsDouble(rule.learningRate());
  }

  private Update update(
      Settings settings,
      List<Member> moving,
      Map<Parameter, NDArray> gathered,
      DoubleUnaryOperator schedule) {
    Map<String, List<NDArray>> slots = new HashMap<>();
    for (Slot slot : rule.slots()) {
      slots.put(slot.name(), moving.stream().map(it -> it.slots().get(slot.name())).toList());
    }
    return new Update(
        moving.stream().map(it -> it.parameter().value()).toList(),
        moving.stream().map(it -> gathered.get(it.parameter())).toList(),
        slots,
        schedule.applyAsDouble(settings.learningRate()),
        settings.weightDecay());
  }

  /** Everything remembered, by {@code parameter name/slot name}, the arrays themselves. */
  public Map<String, NDArray> state() {
    return Collections.unmodifiableMap(state);
  }

  /**
   * Takes over what another optimizer of the same rule and parameters remembered.
   *
   * @param saved as {@link #state()} was; its values are copied
   * @throws InvalidSettings where a name is missing or unknown, or a shape differs
   */
  public void restore(Map<String, NDArray> saved) {
    Set<String> missing = described(state);
    Set<String> unknown = described(saved);
    missing.removeAll(described(saved));
    unknown.removeAll(described(state));
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new InvalidSettings(
          "The saved state is another optimizer's: missing "
              + missing
              + ", unknown "
              + unknown
              + ".");
    }
    try (Torch.Recording off = Torch.noGradients();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      saved.forEach((name, array) -> overwrite(Objects.requireNonNull(state.get(name)), array));
    }
  }

  /**
   * NDArray.copyTo would give the target other memory; an assignment to an index writes into it.
   */
  private static void overwrite(NDArray target, NDArray source) {
    Shape shape = target.getShape().isScalar() ? new Shape(1) : target.getShape();
    target.reshape(shape).set(new NDIndex().addAllDim(), source.reshape(shape));
  }

  private static Set<String> described(Map<String, NDArray> arrays) {
    Set<String> descriptions = new TreeSet<>();
    arrays.forEach((name, array) -> descriptions.add(name + array.getShape()));
    return descriptions;
  }

  @Override
  public void close() {
    memory.close();
  }
}
