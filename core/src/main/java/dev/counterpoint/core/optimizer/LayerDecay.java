package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rates that fall from the top of a model to its bottom (Clark et al. 2020, ELECTRA, appendix A):
 * the rate of a parameter is its group's times decay to the power of its depth.
 *
 * <p>A layer is what has a number in the names of its parameters, as {@code body.blocks.3.} has;
 * layers count in the order in which the model has them. What the model has after the last of them
 * (a last norm, the head) is the top, of depth 0. The last layer has depth 1, the first of n layers
 * depth n, and what comes before it (the embeddings) n + 1. What stands between two layers goes
 * with the one before.
 */
public final class LayerDecay {
  /** Up to the first number between two dots. */
  private static final Pattern LAYER = Pattern.compile("(?:^|.*?\\.)\\d+(?=\\.)");

  private LayerDecay() {}

  /**
   * The groups of an optimizer whose rates fall: one for each parameter, which says its rate.
   *
   * @param groups what differs anyway; the first that matches a parameter has it
   * @param decay the factor from a layer to the one below
   * @throws InvalidSettings where no parameter has a number in its name, or a group matches nothing
   */
  public static List<ParameterGroup> apply(
      OptimizerConfig rule, List<Parameter> parameters, List<ParameterGroup> groups, double decay) {
    Optimizer.checkNames(parameters, groups);
    List<ParameterGroup> decayed = new ArrayList<>();
    depths(parameters.stream().map(Parameter::name).toList())
        .forEach(
            (name, depth) -> {
              ParameterGroup group = ParameterGroup.of(name, groups);
              Double own = group.learningRate();
              double rate = own == null ? rule.learningRate() : own;
              decayed.add(
                  new ParameterGroup(
                      List.of(name), rate * Math.pow(decay, depth), group.weightDecay()));
            });
    return decayed;
  }

  /** How far below the top each parameter stands, by name. */
  static Map<String, Integer> depths(List<String> names) {
    Map<String, Integer> heights = new LinkedHashMap<>();
    Map<String, Integer> layers = new LinkedHashMap<>();
    String last = "";
    for (String name : names) {
      Matcher layer = LAYER.matcher(name);
      if (layer.lookingAt()) {
        layers.putIfAbsent(layer.group(), layers.size() + 1);
        heights.put(name, layers.get(layer.group()));
        last = name;
      } else {
        heights.put(name, layers.size());
      }
    }
    if (layers.isEmpty()) {
      throw new InvalidSettings(
          "layerDecay asks for numbered layers, as blocks.0. and blocks.1., and no parameter's name"
              + " has a number: "
              + String.join(", ", names)
              + ".");
    }
    int top = layers.size() + 1;
    for (String name : names.subList(names.indexOf(last) + 1, names.size())) {
      heights.put(name, top);
    }
    heights.replaceAll((name, height) -> top - height);
    return heights;
  }
}
