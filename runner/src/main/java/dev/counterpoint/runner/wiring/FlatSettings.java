package dev.counterpoint.runner.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** Settings as single values by their paths, as {@code training.optimizer.learningRate}. */
final class FlatSettings {
  private FlatSettings() {}

  static Map<String, String> of(ObjectNode settings) {
    Map<String, String> leaves = new TreeMap<>();
    flatten("", settings, leaves);
    return leaves;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> leaves) {
    String prefix = path.isEmpty() ? "" : path + ".";
    if (node.isObject()) {
      node.properties().forEach(it -> flatten(prefix + it.getKey(), it.getValue(), leaves));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(prefix + i, node.get(i), leaves);
      }
    } else {
      leaves.put(path, node.asText());
    }
  }
}
