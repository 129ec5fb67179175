package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.internal.config.YamlNode.Origin;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Strict YAML reader. It uses SnakeYAML's node graph instead of Jackson's tree, because Jackson
 * does not keep line numbers, treats anchors as text, and has already converted numbers.
 *
 * <p>Anchors, aliases and merge keys ({@code <<: *base}) are resolved. Duplicate keys, tags such as
 * {@code !!python/object}, and multiple documents are rejected.
 */
final class YamlReader {
  /** The maximum number of values; nested aliases could expand to billions. */
  private static final int MAX_NODES = 100_000;

  private static final Set<Tag> TAGS =
      Set.of(
          Tag.MAP,
          Tag.SEQ,
          Tag.STR,
          Tag.INT,
          Tag.FLOAT,
          Tag.BOOL,
          Tag.NULL,
          Tag.MERGE,
          Tag.TIMESTAMP);

  private final IntFunction<Origin> origins;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private int nodes;

  private YamlReader(IntFunction<Origin> origins) {
    this.origins = origins;
  }

  /**
   * Parses one document.
   *
   * @param origins maps a line number, counted from 1, to the origin of its nodes
   * @return the root node; null if the document is empty or contains only comments
   * @throws InvalidSettings if the text is not valid YAML or uses a rejected feature; messages
   *     include line numbers
   */
  static @Nullable YamlNode read(String text, IntFunction<Origin> origins) {
    Node root = compose(text);
    if (root == null) {
      return null;
    }
    YamlReader reader = new YamlReader(origins);
    YamlNode read = reader.convert(root, lineOf(root), "");
    InvalidSettings.requireNone(reader.problems);
    return read;
  }

  private static @Nullable Node compose(String text) {
    try {
      return new Yaml(new LoaderOptions()).compose(new StringReader(text));
    } catch (YAMLException e) {
      throw new InvalidSettings(YamlErrorMessage.explain(e, text));
    }
  }

  private YamlNode convert(Node node, int line, String path) {
    Origin origin = origins.apply(line);
    if (!open.add(node)) {
      problems.add(new Problem(path, "contains itself through an alias (line " + line + ")"));
      return new YamlNode.Scalar("", false, origin);
    }
    if (++nodes > MAX_NODES) {
      throw new InvalidSettings("has more than " + MAX_NODES + " values after expanding aliases");
    }
    checkTag(node, line, path);
    YamlNode converted = convertByKind(node, origin, path);
    open.remove(node);
    return converted;
  }

  private YamlNode convertByKind(Node node, Origin origin, String path) {
    if (node instanceof MappingNode mapping) {
      return mapping(mapping, origin, path);
    }
    if (node instanceof SequenceNode sequence) {
      return sequence(sequence, origin, path);
    }
    ScalarNode scalar = (ScalarNode) node;
    boolean quoted = scalar.getScalarStyle() != ScalarStyle.PLAIN;
    return new YamlNode.Scalar(scalar.getValue(), quoted, origin);
  }

  private YamlNode sequence(SequenceNode node, Origin origin, String path) {
    List<YamlNode> entries = new ArrayList<>();
    for (Node entry : node.getValue()) {
      entries.add(convert(entry, lineOf(entry), KeyPath.join(path, entries.size())));
    }
    return new YamlNode.Sequence(entries, origin);
  }

  private YamlNode mapping(MappingNode node, Origin origin, String path) {
    Map<String, YamlNode> entries = new LinkedHashMap<>();
    Map<String, Integer> lines = new LinkedHashMap<>();
    List<NodeTuple> merges = new ArrayList<>();
    for (NodeTuple tuple : node.getValue()) {
      if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
        merges.add(tuple);
        continue;
      }
      String key = key(tuple.getKeyNode(), path);
      String inner = KeyPath.join(path, key);
      int line = lineOf(tuple.getKeyNode());
      Integer earlier = lines.putIfAbsent(key, line);
      if (earlier != null) {
        problems.add(
            new Problem(inner, "is defined twice (lines " + earlier + " and " + line + ")"));
      }
      entries.put(key, convert(tuple.getValueNode(), line, inner));
    }
    merges.forEach(merge -> merge(merge, entries, path));
    return new YamlNode.Mapping(entries, origin);
  }

  /** Adds the keys of {@code <<: *base} that are not defined yet. */
  private void merge(NodeTuple merge, Map<String, YamlNode> entries, String path) {
    int line = lineOf(merge.getKeyNode());
    List<Node> bases =
        merge.getValueNode() instanceof SequenceNode several
            ? several.getValue()
            : List.of(merge.getValueNode());
    for (Node base : bases) {
      if (convert(base, line, path) instanceof YamlNode.Mapping mapping) {
        mapping.entries().forEach(entries::putIfAbsent);
      } else {
        problems.add(
            new Problem(
                KeyPath.join(path, "<<"), "must be an alias of a mapping (line " + line + ")"));
      }
    }
  }

  private String key(Node key, String path) {
    int line = lineOf(key);
    checkTag(key, line, path);
    if (key instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return scalar.getValue();
    }
    problems.add(
        new Problem(
            path,
            "has a key that is %s%s"
                .formatted(key instanceof ScalarNode ? "empty" : "not a string", at(line))));
    return "";
  }

  private void checkTag(Node node, int line, String path) {
    if (!TAGS.contains(node.getTag())) {
      String tag =
          References.isSecret(path)
              ? "a tag"
              : "the tag " + node.getTag().getValue().replace(Tag.PREFIX, "!!");
      problems.add(new Problem(path, "has " + tag + "; tags are not supported" + at(line)));
    }
  }

  private static int lineOf(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static String at(int line) {
    return " (line " + line + ")";
  }
}
