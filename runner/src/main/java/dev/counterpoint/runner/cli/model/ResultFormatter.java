package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import java.util.List;

/**
 * Formats the results of a user-defined task.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 */
record ResultFormatter(Pipeline pipeline, boolean json) implements PredictionFormatter {
  @Override
  public List<String> format(List<PredictRequest> requests) {
    List<Object> results = pipeline.results(requests.stream().map(PredictRequest::text).toList());
    return PredictionFormatter.each(
        requests, results, json ? ResultFormatter::object : ResultFormatter::line);
  }

  private static String object(PredictRequest request, Object result) {
    ObjectNode object = PredictionFormatter.newObject(request).put("text", request.text());
    return object.set("result", Json.MAPPER.valueToTree(result)).toString();
  }

  private static String line(PredictRequest request, Object result) {
    return ControlCharacterEscaper.of(result.toString())
        + "\t"
        + ControlCharacterEscaper.of(request.text());
  }
}
