package dev.counterpoint.runner.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.tasks.tokenclassification.Entity;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Formats the entities that a model finds in texts.
 *
 * @param json whether to print JSON objects instead of tab-separated lines
 * @param split how texts are split into words
 */
record EntityFormatter(Pipeline pipeline, boolean json, EntityPredictor.Words split)
    implements PredictionFormatter {
  @Override
  public List<String> format(List<PredictRequest> requests) {
    List<List<Entity>> all =
        pipeline.entities(requests.stream().map(PredictRequest::text).toList(), split);
    return PredictionFormatter.each(
        requests, all, json ? EntityFormatter::object : EntityFormatter::lines);
  }

  /** One line for each entity, followed by an empty line. */
  private static String lines(PredictRequest request, List<Entity> entities) {
    return entities.stream().map(entity -> line(entity) + "\n").collect(Collectors.joining());
  }

  private static String line(Entity entity) {
    return Formats.of(
        "%s\t%.4f\t%d-%d\t%s",
        ControlCharacterEscaper.of(entity.type()),
        entity.probability(),
        entity.start(),
        entity.end(),
        ControlCharacterEscaper.of(entity.text()));
  }

  private static String object(PredictRequest request, List<Entity> entities) {
    ObjectNode object = PredictionFormatter.newObject(request).put("text", request.text());
    ArrayNode list = object.putArray("entities");
    for (Entity entity : entities) {
      ObjectNode each = list.addObject().put("type", entity.type()).put("text", entity.text());
      each.put("start", entity.start()).put("end", entity.end());
      each.put("score", Json.finite(entity.probability()));
    }
    return object.toString();
  }
}
