package dev.counterpoint.inference.internal.config;

import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.settings.Excerpt;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.reader.ReaderException;

/** Translates SnakeYAML's parser errors to readable messages. */
final class YamlErrorMessage {
  /** Pairs of a pattern and a message, in the order in which they are tried. */
  private static final List<String[]> RULES =
      Resource.read(YamlErrorMessage.class, "yaml-errors.txt")
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" => ", 2))
          .toList();

  private YamlErrorMessage() {}

  /**
   * The problem and its location: {@code has a quote that is not closed (line 3, column 7: x)}. The
   * location alone if the file has the name of a secret, whose value could be in the line.
   */
  static String explain(YAMLException exception, String text) {
    boolean secret = References.mentionsSecret(text);
    if (exception instanceof MarkedYAMLException marked) {
      Mark mark = location(marked);
      return "has "
          + (secret ? "invalid YAML" : description(marked))
          + (mark == null ? "" : at(mark, secret ? "" : text));
    }
    if (exception instanceof ReaderException unreadable) {
      int line =
          1
              + (int)
                  text.codePoints().limit(unreadable.getPosition()).filter(c -> c == '\n').count();
      return "has a character that YAML does not allow, code %s (line %s)"
          .formatted(unreadable.getCodePoint(), line);
    }
    return "is not valid YAML"
        + (secret ? "" : ": " + Excerpt.of(String.valueOf(exception.getMessage())));
  }

  private static String description(MarkedYAMLException marked) {
    String problem = String.valueOf(marked.getProblem());
    String text = marked.getContext() + " | " + problem;
    for (String[] rule : RULES) {
      Matcher matcher = Pattern.compile(rule[0]).matcher(text);
      if (matcher.find()) {
        return matcher.groupCount() == 0 ? rule[1] : rule[1].replace("$1", matcher.group(1));
      }
    }
    return "invalid YAML: " + Excerpt.of(problem);
  }

  /** The position of the error; for an unclosed quote or bracket, its opening position. */
  private static @Nullable Mark location(MarkedYAMLException marked) {
    String context = String.valueOf(marked.getContext());
    boolean unclosed = context.contains("quoted scalar") || context.contains("flow");
    boolean escape = String.valueOf(marked.getProblem()).contains("escape");
    return marked.getContextMark() != null && unclosed && !escape
        ? marked.getContextMark()
        : marked.getProblemMark();
  }

  private static String at(Mark mark, String text) {
    String line = text.lines().skip(mark.getLine()).findFirst().orElse("");
    String shown = Excerpt.of(line.strip());
    return " (line %s, column %s%s)"
        .formatted(mark.getLine() + 1, mark.getColumn() + 1, shown.isEmpty() ? "" : ": " + shown);
  }
}
