package dev.counterpoint.inference.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was written, before anything is known of its meaning. A scalar keeps its text: whether
 * {@code 5e-4}, {@code no} or {@code 1.10} is a number or a text is decided by what is wanted, not
 * by the rules of one version of YAML.
 */
sealed interface YamlNode {
  /** Where it was written. */
  Origin origin();

  /** What was written, on one line and short enough for a message. */
  String show();

  /** Whether no part of it was given by {@code --set}. */
  boolean inFile();

  /**
   * Where a value was written.
   *
   * @param words for a message: {@code line 12}, or {@code --set training.epochs=3}
   * @param inFile whether it was in the file, not in a {@code --set}
   */
  record Origin(String words, boolean inFile) {}

  /** A single value, as it was written; {@code quoted} where it can be text only. */
  record Scalar(String text, boolean quoted, Origin origin) implements YamlNode {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Pattern NOT_TEXT =
        Pattern.compile(
            "[-+]?(\\.\\d+|\\d+(\\.\\d*)?)([eE][-+]?\\d+)?|[-+]?\\.inf|\\.nan|true|false",
            Pattern.CASE_INSENSITIVE);

    boolean isNull() {
      return !quoted && NULLS.contains(text);
    }

    /** Whether it is neither a number, nor true or false, nor nothing. */
    boolean isText() {
      return quoted || !(isNull() || NOT_TEXT.matcher(text).matches());
    }

    @Override
    public String show() {
      return Quoted.shorten(isText() ? '"' + Quoted.onOneLine(text) + '"' : text);
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
      return Quoted.shorten(
          entries.stream().map(YamlNode::show).collect(Collectors.joining(", ", "[", "]")));
    }

    @Override
    public boolean inFile() {
      return origin.inFile() && entries.stream().allMatch(YamlNode::inFile);
    }
  }

  /**
   * Keys with values.
   *
   * @param retyped whether {@code --set} gave {@code type} a value that the file did not
   * @param shortForm the text that stood here until a {@code --set} gave it keys: {@code schedule:
   *     cosine} and {@code --set schedule.warmup=0.1}
   */
  record Mapping(
      Map<String, YamlNode> entries, Origin origin, boolean retyped, @Nullable Scalar shortForm)
      implements YamlNode {
    Mapping(Map<String, YamlNode> entries, Origin origin) {
      this(entries, origin, false, null);
    }

    /** The same with one key given another value. */
    Mapping with(String key, YamlNode value) {
      Map<String, YamlNode> changed = new LinkedHashMap<>(entries);
      changed.put(key, value);
      return new Mapping(changed, origin, retyped, shortForm);
    }

    /** A copy that lacks one key. */
    Mapping without(String key) {
      Map<String, YamlNode> changed = new LinkedHashMap<>(entries);
      changed.remove(key);
      return new Mapping(changed, origin, retyped, shortForm);
    }

    /** The same, remembered as of another type than the file said. */
    Mapping asRetyped() {
      return new Mapping(entries, origin, true, shortForm);
    }

    @Override
    public String show() {
      return Quoted.shorten(
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
