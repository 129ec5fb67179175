package dev.counterpoint.runner.cli.model;

import dev.counterpoint.inference.json.ModelInput;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Runs a trained model on inputs and formats its predictions as lines. */
interface PredictionFormatter {
  /**
   * Returns the output lines of the inputs in order: tab-separated values, or a JSON object each.
   */
  List<String> format(List<ModelInput> inputs);

  /** Formats the output of each input. */
  static <T> List<String> each(
      List<ModelInput> inputs, List<T> outputs, BiFunction<ModelInput, T, String> format) {
    return IntStream.range(0, outputs.size())
        .mapToObj(i -> format.apply(inputs.get(i), outputs.get(i)))
        .toList();
  }

  /** Returns remarks to print after all inputs, such as how many texts were truncated. */
  default List<String> remarks() {
    return List.of();
  }
}
