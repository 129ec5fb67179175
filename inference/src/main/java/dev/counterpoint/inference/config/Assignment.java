package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.config.YamlNode.Mapping;
import dev.counterpoint.inference.config.YamlNode.Origin;
import dev.counterpoint.inference.config.YamlNode.Scalar;
import dev.counterpoint.inference.config.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One {@code --set key=value}. The value is YAML and takes the place of what was there, lists and
 * maps too; a key that leads to nowhere yet is made.
 *
 * @param words as it was written, for messages
 */
record Assignment(String words, List<String> keys, YamlNode value) {
  private static final String TYPE = "type";

  /**
   * Reads it.
   *
   * @throws InvalidSettings where it is not {@code key=value}, or the value is not YAML
   */
  static Assignment parse(String set) {
    String words = "--set " + set;
    int equals = set.indexOf('=');
    List<String> keys = List.of(set.substring(0, Math.max(equals, 0)).strip().split("\\.", -1));
    if (keys.stream().anyMatch(String::isBlank)) {
      throw new InvalidSettings(words + " must be key=value, as in --set training.epochs=3");
    }
    return new Assignment(words, keys, value(set.substring(equals + 1), words));
  }

  private static YamlNode value(String yaml, String words) {
    Origin origin = new Origin(words, false);
    try {
      YamlNode value = YamlReader.read(yaml, line -> origin);
      return value == null ? new Scalar("", false, origin) : value;
    } catch (InvalidSettings e) {
      throw new InvalidSettings(
          e.problems().stream()
              .map(problem -> new Problem("", words + ": the value " + problem))
              .toList());
    }
  }

  /**
   * The tree with the value in its place.
   *
   * @throws InvalidSettings where the key leads through a single value, or to no entry of a list
   */
  Mapping applyTo(Mapping root) {
    return inMapping(root, 0);
  }

  private Mapping inMapping(Mapping node, int depth) {
    String key = keys.get(depth);
    YamlNode old = node.entries().get(key);
    Mapping changed = node.with(key, replace(old, depth + 1));
    boolean last = depth == keys.size() - 1;
    return last && key.equals(TYPE) && !sameText(old) ? changed.asRetyped() : changed;
  }

  private boolean sameText(@Nullable YamlNode old) {
    return old instanceof Scalar before
        && value instanceof Scalar now
        && before.text().equals(now.text());
  }

  /** What takes the place of a node that {@code depth} keys lead to. */
  private YamlNode replace(@Nullable YamlNode node, int depth) {
    if (depth == keys.size()) {
      return value;
    }
    Origin origin = value.origin();
    if (node == null) {
      return inMapping(new Mapping(Map.of(), origin), depth);
    }
    if (node instanceof Mapping mapping) {
      return inMapping(mapping, depth);
    }
    if (node instanceof Sequence sequence) {
      return inSequence(sequence, depth);
    }
    return inScalar((Scalar) node, depth);
  }

  private Sequence inSequence(Sequence node, int depth) {
    int size = node.entries().size();
    int index = keys.get(depth).matches("\\d{1,9}") ? Integer.parseInt(keys.get(depth)) : size;
    if (index >= size) {
      String allowed = size == 0 ? "which is empty" : "whose entries are 0 to " + (size - 1);
      throw refused(depth, "which is a list, " + allowed);
    }
    List<YamlNode> entries = new ArrayList<>(node.entries());
    entries.set(index, replace(entries.get(index), depth + 1));
    return new Sequence(entries, node.origin());
  }

  /** A text may be a short form, {@code schedule: cosine}; the binder knows whether it is. */
  private Mapping inScalar(Scalar node, int depth) {
    if (node.isNull()) {
      return inMapping(new Mapping(Map.of(), node.origin()), depth);
    }
    if (!node.isText()) {
      throw refused(depth, "which is the single value " + node.show());
    }
    return inMapping(new Mapping(Map.of(TYPE, node), node.origin(), false, node), depth);
  }

  private InvalidSettings refused(int depth, String what) {
    return new InvalidSettings(
        words + " leads through " + String.join(".", keys.subList(0, depth)) + ", " + what);
  }
}
