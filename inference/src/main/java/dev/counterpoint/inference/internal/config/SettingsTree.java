package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.internal.config.YamlNode.Mapping;
import dev.counterpoint.inference.internal.config.YamlNode.Origin;
import dev.counterpoint.inference.internal.config.YamlNode.Scalar;
import dev.counterpoint.inference.internal.config.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The parsed settings of a run file with {@code --set} overrides applied. Defaults are added later
 * by the {@link Binder}. The precedence is: defaults, then the file, then {@code --set}, each
 * overriding the one before.
 *
 * <p>{@code --set a.b.0.c=value}: the value is YAML ({@code 1e-3}, {@code true}, {@code [a, b]},
 * {@code {type: cosine}}) and replaces the existing value. If {@code --set} changes a {@code type},
 * the file's other keys of that mapping are ignored, as they were meant for the old type; the new
 * type has its own defaults. {@link Binder} reports them as notes.
 */
public final class SettingsTree {
  /** Characters in a JSON string that YAML does not allow, or reads as a line break or a mark. */
  private static final Pattern NOT_PLAIN =
      Pattern.compile("[\\x7F-\\x9F\\u2028\\u2029\\uFEFF\\uFFFE\\uFFFF]|\\p{Cs}");

  private final String displayName;
  private final Mapping root;

  private SettingsTree(String displayName, Mapping root) {
    this.displayName = displayName;
    this.root = root;
  }

  /**
   * Parses a run file and applies overrides.
   *
   * @param displayName the file's name in messages, such as {@code sentiment.yaml}
   * @param sets the {@code --set} overrides, each {@code key=value}
   * @throws InvalidSettings if the text is not a YAML mapping, or an override cannot be applied
   */
  public static SettingsTree load(String displayName, String yamlText, List<String> sets) {
    Mapping file = readFile(displayName, yamlText);
    return new SettingsTree(displayName, assign(file, sets));
  }

  /** As {@link #load}, for JSON. YAML reads some characters of its strings as line breaks. */
  public static SettingsTree ofJson(String displayName, JsonNode json) {
    String yaml =
        NOT_PLAIN
            .matcher(json.toString())
            .replaceAll(it -> "\\\\u" + HexFormat.of().toHexDigits(it.group().charAt(0)));
    return load(displayName, yaml, List.of());
  }

  private static Mapping readFile(String displayName, String yamlText) {
    try {
      YamlNode node = YamlReader.read(yamlText, line -> new Origin("line " + line, true));
      if (node instanceof Mapping mapping) {
        return mapping;
      }
      throw new InvalidSettings(
          (node == null ? "is empty" : "contains " + kind(node))
              + "; a run file must consist of lines \"key: value\"");
    } catch (InvalidSettings e) {
      throw e.with(problem -> inFile(displayName, problem));
    }
  }

  private static Problem inFile(String displayName, Problem problem) {
    String name = problem.key().isEmpty() ? displayName : displayName + ": " + problem.key();
    return new Problem(name, problem.message());
  }

  private static String kind(YamlNode node) {
    return node instanceof Sequence
        ? "a list"
        : "the single value " + node.show() + " (a colon must be followed by a space)";
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
    InvalidSettings.requireNone(problems);
    return tree;
  }

  /**
   * The strings of a top-level list, for settings that are needed before binding; empty if the key
   * is absent or not a list.
   */
  public List<String> strings(String key) {
    return root.entries().get(key) instanceof Sequence sequence
        ? sequence.entries().stream()
            .filter(Scalar.class::isInstance)
            .map(entry -> ((Scalar) entry).text())
            .toList()
        : List.of();
  }

  /**
   * The place where a setting was written: {@code line 12}, or its {@code --set} option.
   *
   * @param key the dotted path of a single value
   * @return empty if the setting was not written, so that it has its default
   */
  public Optional<String> origin(String key) {
    YamlNode node = deepest(root, key);
    int dot = key.lastIndexOf('.');
    boolean isShortForm = dot >= 0 && deepest(root, key.substring(0, dot)).equals(node);
    return node instanceof Scalar && (!isShortForm || key.endsWith(".type"))
        ? Optional.of(node.origin().description())
        : Optional.empty();
  }

  Mapping root() {
    return root;
  }

  /**
   * Adds the location to problems: the file's name in front, and the line or the {@code --set}
   * option at the end. Also used for problems that are found after binding.
   */
  public InvalidSettings locate(List<Problem> problems) {
    return new InvalidSettings(problems)
        .with(
            problem ->
                new Problem(
                    (displayName + ": " + problem.key()).strip(),
                    problem.message() + location(problem.key())));
  }

  /** The location of the key, or of its closest enclosing key that exists. */
  private String location(String key) {
    YamlNode node = deepest(root, key);
    return node == root ? "" : " (" + node.origin().description() + ")";
  }

  /** The node at a path, or the deepest existing node on it; a single key may contain dots. */
  private static YamlNode deepest(YamlNode node, String path) {
    Map<String, YamlNode> children = children(node);
    YamlNode exact = children.get(path);
    if (exact != null) {
      return exact;
    }
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      YamlNode child = children.get(path.substring(0, dot));
      if (child != null) {
        return deepest(child, path.substring(dot + 1));
      }
    }
    return node;
  }

  private static Map<String, YamlNode> children(YamlNode node) {
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
