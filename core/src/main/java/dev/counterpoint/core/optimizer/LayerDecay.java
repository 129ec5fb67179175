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
 * Layer-wise learning-rate decay: learning rates decrease from the top layer to the bottom layer
 * (Clark et al. 2020, ELECTRA, appendix A). The learning rate of a parameter is that of its group
 * times decay to the power of its depth.
 *
 * <p>A layer is the set of parameters with the same numbered prefix, such as {@code
 * body.blocks.3.}; layers are counted in model order. Everything after the last layer (a final
 * norm, the head) is the top and has depth 0. The last layer has depth 1, the first of n layers has
 * depth n, and everything before it (the embeddings) has depth n + 1. A parameter between two
 * layers has the depth of the layer before it.
 */
public final class LayerDecay {
  /** Matches a parameter name up to the first number between two dots. */
  private static final Pattern LAYER = Pattern.compile("(?:^|.*?\\.)\\d+(?=\\.)");

  private LayerDecay() {}

  /**
   * Creates optimizer groups with decayed learning rates, one group per parameter.
   *
   * @param groups the configured groups; the first one that matches a parameter applies to it
   * @param decay factor from one layer to the layer below it
   * @throws InvalidSettings if no parameter name contains a layer number, or a group matches no
   *     parameter
   */
  public static List<ParameterGroup> apply(
      OptimizerConfig config,
      List<Parameter> parameters,
      List<ParameterGroup> groups,
      double decay) {
    Optimizer.checkNames(parameters, groups);
    List<ParameterGroup> decayed = new ArrayList<>();
    depths(parameters.stream().map(Parameter::name).toList())
        .forEach(
            (name, depth) -> {
              ParameterGroup group = ParameterGroup.of(name, groups);
              Double groupRate = group.learningRate();
              double learningRate = groupRate == null ? config.learningRate() : groupRate;
              decayed.add(
                  new ParameterGroup(
                      List.of(name), learningRate * Math.pow(decay, depth), group.weightDecay()));
            });
    return decayed;
  }

  /** The depth of each parameter below the top, by name. */
  static Map<String, Integer> depths(List<String> names) {
    Map<String, Integer> levels = new LinkedHashMap<>();
    Map<String, Integer> layers = new LinkedHashMap<>();
    String lastLayerParameter = "";
    for (String name : names) {
      Matcher layer = LAYER.matcher(name);
      if (layer.lookingAt()) {
        layers.putIfAbsent(layer.group(), layers.size() + 1);
        levels.put(name, layers.get(layer.group()));
        lastLayerParameter = name;
      } else {
        levels.put(name, layers.size());
      }
    }
    if (layers.isEmpty()) {
      throw new InvalidSettings(
          "layerDecay requires numbered layers, such as blocks.0 and blocks.1, but no"
              + " parameter name contains a layer number: %s.",
          String.join(", ", names));
    }
    int top = layers.size() + 1;
    for (String name : names.subList(names.indexOf(lastLayerParameter) + 1, names.size())) {
      levels.put(name, top);
    }
    levels.replaceAll((name, level) -> top - level);
    return levels;
  }
}
