package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A trained model that is asked, as a command asks it. */
interface PredictionFormatter extends AutoCloseable {
  /** The lines of answer to each request: tab-separated, or one JSON object. */
  List<String> tell(List<PredictRequest> requests);

  /** What is worth saying at the end, as how many texts were cut; mostly nothing. */
  default List<String> remarks() {
    return List.of();
  }

  @Override
  void close();

  /** The beginning of a JSON answer. */
  static ObjectNode answerTo(PredictRequest request) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    if (request.id() != null) {
      answer.set("id", request.id());
    }
    return answer;
  }
}
