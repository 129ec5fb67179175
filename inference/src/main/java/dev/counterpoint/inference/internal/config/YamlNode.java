package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.settings.Excerpt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node of a parsed YAML document whose scalars are not converted yet. A scalar keeps its text:
 * whether {@code 5e-4}, {@code no} or {@code 1.10} is a number or a string depends on the type of
 * the record component, not on the rules of a particular YAML version.
 */
sealed interface YamlNode {
  /** Where the node was written. */
  Origin origin();

  /** The node's text on one line, shortened for messages. */
  String show();

  /** Whether the whole node comes from the file, and no part of it from {@code --set}. */
  boolean inFile();

  /**
   * Where a value was written.
   *
   * @param description for messages: {@code line 12}, or {@code --set training.epochs=3}
   * @param inFile whether the value comes from the file, not from {@code --set}
   */
  record Origin(String description, boolean inFile) {}

  /**
   * A scalar.
   *
   * @param text the text as written, without quotes
   * @param quoted whether the scalar was quoted and is therefore a string
   */
  record Scalar(String text, boolean quoted, Origin origin) implements YamlNode {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Pattern NOT_STRING =
        Pattern.compile(
            "[-+]?(\\.\\d+|\\d+(\\.\\d*)?)([eE][-+]?\\d+)?|[-+]?\\.inf|\\.nan|true|false",
            Pattern.CASE_INSENSITIVE);

    boolean isNull() {
      return !quoted && NULLS.contains(text);
    }

    /** Whether the scalar is a string: not a number, a boolean or null. */
    boolean isString() {
      return quoted || !(isNull() || NOT_STRING.matcher(text).matches());
    }

    /** Whether the scalar is a number. */
    boolean isNumber() {
      return !isString() && !isNull() && !text.matches("(?i)true|false");
    }

    @Override
    public String show() {
      return isString() ? '"' + Excerpt.of(text) + '"' : Excerpt.of(text);
    }

    @Override
    public boolean inFile() {
      return origin.inFile();
    }
  }

  /** A list. */
  record Sequence(List<YamlNode> entries, Origin origin) implements YamlNode {
    @Override
    public String show() {
      return Excerpt.of(
          entries.stream().map(YamlNode::show).collect(Collectors.joining(", ", "[", "]")));
    }

    @Override
    public boolean inFile() {
      return origin.inFile() && entries.stream().allMatch(YamlNode::inFile);
    }
  }

  /**
   * A mapping of keys to values.
   *
   * @param formerType the {@code type} in the file if {@code --set} changed it, empty if the file
   *     has none; null if it was not changed
   * @param shortForm the string that a {@code --set} turned into a mapping, as in {@code schedule:
   *     cosine} with {@code --set schedule.warmup=0.1}; null if there was none
   */
  record Mapping(
      Map<String, YamlNode> entries,
      Origin origin,
      @Nullable String formerType,
      @Nullable Scalar shortForm)
      implements YamlNode {
    Mapping(Map<String, YamlNode> entries, Origin origin) {
      this(entries, origin, null, null);
    }

    /** A copy in which one key has a new value. */
    Mapping with(String key, YamlNode value) {
      Map<String, YamlNode> changed = new LinkedHashMap<>(entries);
      changed.put(key, value);
      return new Mapping(changed, origin, formerType, shortForm);
    }

    /** A copy without one key. */
    Mapping without(String key) {
      Map<String, YamlNode> changed = new LinkedHashMap<>(entries);
      changed.remove(key);
      return new Mapping(changed, origin, formerType, shortForm);
    }

    /** A copy that is marked as having a different {@code type} than in the file. */
    Mapping retypedFrom(String type) {
      return new Mapping(entries, origin, formerType == null ? type : formerType, shortForm);
    }

    /** A copy with only the values of {@code --set}. */
    Mapping withoutFile() {
      Map<String, YamlNode> set = new LinkedHashMap<>();
      entries.forEach(
          (key, value) -> {
            if (!value.inFile()) {
              set.put(key, value instanceof Mapping mapping ? mapping.withoutFile() : value);
            }
          });
      return new Mapping(set, origin);
    }

    @Override
    public String show() {
      return Excerpt.of(
          entries.entrySet().stream()
              .map(entry -> entry.getKey() + ": " + entry.getValue().show())
              .collect(Collectors.joining(", ", "{", "}")));
    }

    @Override
    public boolean inFile() {
      return origin.inFile() && entries.values().stream().allMatch(YamlNode::inFile);
    }
  }
}
