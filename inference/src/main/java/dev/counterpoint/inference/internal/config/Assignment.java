package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.internal.config.YamlNode.Mapping;
import dev.counterpoint.inference.internal.config.YamlNode.Origin;
import dev.counterpoint.inference.internal.config.YamlNode.Scalar;
import dev.counterpoint.inference.internal.config.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One {@code --set key=value}. The value, unless it is a single sign, is parsed as YAML and
 * replaces the existing value, including lists and maps; missing keys are created.
 *
 * @param option the option as written, {@code --set key=value}, for messages; without a value that
 *     has the name of a secret
 * @param keys the parts of the dotted key
 */
record Assignment(String option, List<String> keys, YamlNode value) {
  private static final String TYPE = "type";

  /** A separator, such as {@code |}, which YAML would read as the start of a block of text. */
  private static final Pattern SIGN = Pattern.compile("[\\p{Punct}&&[^~]]");

  /**
   * Parses {@code key=value}.
   *
   * @throws InvalidSettings if the text is not of the form {@code key=value}, or the value is not
   *     valid YAML
   */
  static Assignment parse(String set) {
    int equals = set.indexOf('=');
    boolean secret = References.mentionsSecret(set);
    String option = "--set " + (secret && equals > 0 ? set.substring(0, equals) : set);
    List<String> keys = List.of(set.substring(0, Math.max(equals, 0)).strip().split("\\.", -1));
    if (keys.stream().anyMatch(String::isBlank)) {
      throw new InvalidSettings(
          option + " must have the form key=value, such as --set training.epochs=3");
    }
    return new Assignment(option, keys, value(set.substring(equals + 1), option));
  }

  private static YamlNode value(String yaml, String option) {
    Origin origin = new Origin(option, false);
    if (SIGN.matcher(yaml).matches()) {
      return new Scalar(yaml, true, origin);
    }
    try {
      YamlNode value = YamlReader.read(yaml, line -> origin);
      return value == null ? new Scalar("", false, origin) : value;
    } catch (InvalidSettings e) {
      throw e.with(
          problem ->
              new Problem(
                  "",
                  option
                      + ": the value "
                      + (option.contains("=") ? problem : "is not valid YAML")));
    }
  }

  /**
   * A copy of the tree with the value assigned.
   *
   * @throws InvalidSettings if part of the key refers to a scalar, or to a list entry that does not
   *     exist
   */
  Mapping applyTo(Mapping root) {
    return inMapping(root, 0);
  }

  private Mapping inMapping(Mapping node, int depth) {
    String key = keys.get(depth);
    YamlNode old = node.entries().get(key);
    Mapping changed = node.with(key, replace(old, depth + 1));
    boolean last = depth == keys.size() - 1;
    return last && key.equals(TYPE)
        ? changed.retypedFrom(old instanceof Scalar scalar ? scalar.text() : "")
        : changed;
  }

  /** The replacement for the node, or absent node, at the first {@code depth} keys. */
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
      String found = size == 0 ? "an empty list" : "a list with the entries 0 to " + (size - 1);
      throw rejected(depth, found);
    }
    List<YamlNode> entries = new ArrayList<>(node.entries());
    entries.set(index, replace(entries.get(index), depth + 1));
    return new Sequence(entries, node.origin());
  }

  /** A string may be a short form such as {@code schedule: cosine}, which the binder decides. */
  private Mapping inScalar(Scalar node, int depth) {
    if (node.isNull()) {
      return inMapping(new Mapping(Map.of(), node.origin()), depth);
    }
    if (!node.isString()) {
      throw rejected(depth, "the single value " + node.show());
    }
    return inMapping(new Mapping(Map.of(TYPE, node), node.origin(), null, node), depth);
  }

  private InvalidSettings rejected(int depth, String found) {
    return new InvalidSettings(
        "%s cannot be applied: %s is %s", option, String.join(".", keys.subList(0, depth)), found);
  }
}
