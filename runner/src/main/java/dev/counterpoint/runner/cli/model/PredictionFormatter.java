package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Runs a trained model on requests and formats its predictions as lines. */
interface PredictionFormatter {
  /**
   * Returns the output lines of the requests in order: tab-separated values, or a JSON object each.
   */
  List<String> format(List<PredictRequest> requests);

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
