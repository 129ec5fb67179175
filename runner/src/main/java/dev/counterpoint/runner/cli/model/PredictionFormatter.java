package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Runs a trained model on requests and formats its predictions as lines. */
interface PredictionFormatter {
  /**
   * Returns the output lines of the requests in order: tab-separated values, or a JSON object each.
   */
  List<String> format(List<PredictRequest> requests);

  /** Formats the output of each request. */
  static <T> List<String> each(
      List<PredictRequest> requests,
      List<T> outputs,
      BiFunction<PredictRequest, T, String> format) {
    return IntStream.range(0, outputs.size())
        .mapToObj(i -> format.apply(requests.get(i), outputs.get(i)))
        .toList();
  }

  /** Returns remarks to print after all requests, such as how many texts were truncated. */
  default List<String> remarks() {
    return List.of();
  }

  /** Creates the JSON object of a prediction, with the id of its request if that has one. */
  static ObjectNode newObject(PredictRequest request) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    if (request.id() != null) {
      object.set("id", request.id());
    }
    return object;
  }
}
