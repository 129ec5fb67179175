package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** Flattens settings to scalar values by dotted path, such as {@code optimizer.learningRate}. */
public final class FlatSettings {
  private FlatSettings() {}

  public static Map<String, String> of(ObjectNode settings) {
    Map<String, String> values = new TreeMap<>();
    flatten("", settings, values);
    return values;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> values) {
    String prefix = path.isEmpty() ? "" : path + ".";
    if (node.isObject()) {
      node.properties().forEach(it -> flatten(prefix + it.getKey(), it.getValue(), values));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(prefix + i, node.get(i), values);
      }
    } else {
      values.put(path, node.asText());
    }
  }
}
