package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Small sets of parameters. */
final class Models {
  private Models() {}

  /** A matrix, a scalar and a buffer, initialized from the seed. */
  static List<Parameter> small(NDManager manager, long seed) {
    return List.of(
        normal(manager, seed, "layer.weight", 3, 4),
        normal(manager, seed, "scale"),
        initialized(Parameter.buffer(Initializer.normal(0, 1), 2), "layer.running", manager, seed));
  }

  static Parameter normal(NDManager manager, long seed, String name, long... shape) {
    return initialized(Parameter.of(Initializer.normal(0, 1), shape), name, manager, seed);
  }

  private static Parameter initialized(
      Parameter parameter, String name, NDManager manager, long seed) {
    parameter.setName(name);
    parameter.initialize(manager, seed);
    return parameter;
  }

  /** Optimizer state for the small model. */
  static Map<String, NDArray> slots(NDManager manager, float value) {
    return Map.of(
        "layer.weight/mean", manager.full(new Shape(3, 4), value),
        "layer.weight/steps", manager.create((long) value));
  }

  /** All parameter values by name. */
  static Map<String, List<Number>> values(List<Parameter> parameters) {
    return parameters.stream()
        .collect(
            Collectors.toMap(
                Parameter::name,
                parameter -> List.<Number>of(parameter.value().toArray()),
                (first, second) -> first,
                TreeMap::new));
  }
}
