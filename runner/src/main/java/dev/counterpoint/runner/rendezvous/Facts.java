package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all ranks of a run must have in common.
 *
 * @param values by the name under which a difference is told, as {@code training.batchSize}
 * @param directory the run directory, as this rank names it
 */
public record Facts(Map<String, String> values, String directory) {
  static final String TYPE = "facts";

  public Facts {
    values = Map.copyOf(values);
  }

  ObjectNode toMessage() {
    ObjectNode message = Wire.message(TYPE).put("directory", directory);
    ObjectNode entries = message.putObject("values");
    values.forEach(entries::put);
    return message;
  }

  static Facts read(JsonNode message) {
    Map<String, String> values = new TreeMap<>();
    message
        .path("values")
        .properties()
        .forEach(it -> values.put(it.getKey(), it.getValue().asText()));
    return new Facts(values, message.path("directory").asText(""));
  }
}
