package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Saves and loads a model's parameters as a safetensors file ({@code model.safetensors}). */
public final class ModelWeights {
  private ModelWeights() {}

  /**
   * Saves all parameters under their names. The file is replaced atomically.
   *
   * @throws IOException if the file cannot be written
   */
  public static void save(List<Parameter> parameters, Path file) throws IOException {
    SafetensorsWriter.write(file, byName(parameters));
  }

  /**
   * Loads all parameters in place.
   *
   * @throws InvalidSettings if the file contains a different model; the message lists missing and
   *     unexpected tensors and those with a different shape or type, and no parameter is changed
   * @throws DamagedFile if the file is not a valid safetensors file
   */
  public static void load(List<Parameter> parameters, Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      reader.readAll(byName(parameters));
    }
  }

  /**
   * Checks that a file contains the weights of a model, initialized or not, so that memory is
   * allocated only for weights that exist.
   *
   * @throws InvalidSettings as {@link #load}
   * @throws DamagedFile as {@link #load}
   */
  public static void check(List<Parameter> parameters, Path file) throws IOException {
    Map<String, Shape> shapes = new HashMap<>();
    parameters.forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      reader.requireShapes(shapes);
    }
  }

  static SortedMap<String, NDArray> byName(List<Parameter> parameters) {
    SortedMap<String, NDArray> arrays = new TreeMap<>();
    for (Parameter parameter : parameters) {
      if (arrays.put(parameter.name(), parameter.value()) != null) {
        throw new IllegalArgumentException(
            "Two parameters are named \"" + parameter.name() + "\".");
      }
    }
    return arrays;
  }
}
