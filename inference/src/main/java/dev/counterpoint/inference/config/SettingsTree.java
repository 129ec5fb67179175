package dev.counterpoint.inference.config;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.config.YamlNode.Mapping;
import dev.counterpoint.inference.config.YamlNode.Origin;
import dev.counterpoint.inference.config.YamlNode.Scalar;
import dev.counterpoint.inference.config.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run file as it was written, with {@code --set} laid over it; defaults come from the records
 * that a {@link Binder} makes of it. So the order is defaults, file, {@code --set}, later ones over
 * earlier ones.
 *
 * <p>{@code --set a.b.0.c=value}: the value is YAML ({@code 1e-3}, {@code true}, {@code [a, b]},
 * {@code {type: cosine}}) and replaces what was there. One thing is particular: where a {@code
 * type} is set to another than the file's, those of the file's keys beside it that the new type has
 * too stay as they are, and the others are dropped, as they were meant for the old type. So {@code
 * --set training.optimizer.type=sgd} keeps the file's {@code learningRate} and forgets its {@code
 * beta1}. To keep nothing, replace the whole: {@code --set training.optimizer=sgd}.
 */
public final class SettingsTree {
  private final String displayName;
  private final Mapping root;

  private SettingsTree(String displayName, Mapping root) {
    this.displayName = displayName;
    this.root = root;
  }

  /**
   * Reads a run file.
   *
   * @param displayName how messages name it: {@code sentiment.yaml}
   * @param sets each {@code key=value}
   * @throws InvalidSettings where the text is not YAML of keys with values, or a {@code --set} does
   *     not fit it
   */
  public static SettingsTree load(String displayName, String yamlText, List<String> sets) {
    Mapping file = readFile(displayName, yamlText);
    return new SettingsTree(displayName, assign(file, sets));
  }

  private static Mapping readFile(String displayName, String yamlText) {
    try {
      YamlNode node = YamlReader.read(yamlText, line -> new Origin("line " + line, true));
      if (node instanceof Mapping mapping) {
        return mapping;
      }
      throw new InvalidSettings(
          (node == null ? "is empty" : "is not made of keys but of " + kind(node))
              + "; a run file is lines of \"key: value\"");
    } catch (InvalidSettings e) {
      throw new InvalidSettings(
          e.problems().stream().map(problem -> inFile(displayName, problem)).toList());
    }
  }

  private static Problem inFile(String displayName, Problem problem) {
    String name = problem.key().isEmpty() ? displayName : displayName + ": " + problem.key();
    return new Problem(name, problem.message());
  }

  private static String kind(YamlNode node) {
    return node instanceof Sequence
        ? "a list"
        : "the single value " + node.show() + " (a colon needs a space after it)";
  }

  private static Mapping assign(Mapping file, List<String> sets) {
    List<Problem> problems = new ArrayList<>();
    Mapping tree = file;
    for (String set : sets) {
      try {
        tree = Assignment.parse(set).applyTo(tree);
      } catch (InvalidSettings e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return tree;
  }

  /**
   * The texts of a list at the top, where the key is there and is one: what is needed before
   * binding.
   */
  public List<String> texts(String key) {
    return root.entries().get(key) instanceof Sequence sequence
        ? sequence.entries().stream()
            .filter(Scalar.class::isInstance)
            .map(entry -> ((Scalar) entry).text())
            .toList()
        : List.of();
  }

  Mapping root() {
    return root;
  }

  /**
   * The same problems with the file's name before each and the line, or the {@code --set}, behind
   * it; also for what is found wrong only after binding.
   */
  public InvalidSettings locate(List<Problem> problems) {
    return new InvalidSettings(
        problems.stream()
            .map(
                problem ->
                    new Problem(
                        (displayName + ": " + problem.key()).strip(),
                        problem.message() + place(problem.key())))
            .toList());
  }

  /** Where the key, or else the nearest key around it, was written. */
  private String place(String key) {
    YamlNode node = deepest(root, key);
    return node == root ? "" : " (" + node.origin().words() + ")";
  }

  /** What the path leads to, or the last that it passes; a single key may have dots in it. */
  private static YamlNode deepest(YamlNode node, String path) {
    Map<String, YamlNode> inner = inner(node);
    YamlNode whole = inner.get(path);
    if (whole != null) {
      return whole;
    }
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      YamlNode part = inner.get(path.substring(0, dot));
      if (part != null) {
        return deepest(part, path.substring(dot + 1));
      }
    }
    return node;
  }

  private static Map<String, YamlNode> inner(YamlNode node) {
    if (node instanceof Mapping mapping) {
      return mapping.entries();
    }
    Map<String, YamlNode> entries = new LinkedHashMap<>();
    if (node instanceof Sequence sequence) {
      sequence.entries().forEach(entry -> entries.put(String.valueOf(entries.size()), entry));
    }
    return entries;
  }
}
