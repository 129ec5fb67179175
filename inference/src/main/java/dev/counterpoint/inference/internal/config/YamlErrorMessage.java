package dev.counterpoint.inference.internal.config;

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
  private static final String INDENTATION =
      "content that does not match the preceding structure; check the indentation and the quotes";

  /**
   * Messages by a pattern for SnakeYAML's text ("context | problem"); the first match applies. A
   * message completes "FILE has ...".
   */
  private static final List<Rule> RULES =
      List.of(
          new Rule("\\(TAB\\)", "a tab character; YAML is indented with spaces only"),
          new Rule(
              "mapping values are not allowed",
              "a \":\" that is not allowed here; quote a value that contains \": \", or check the"
                  + " indentation"),
          new Rule(
              "sequence entries are not allowed",
              "a \"- \" that is not allowed here; start the list on a new line"),
          new Rule("quoted scalar.*end of stream", "a quote that is not closed"),
          new Rule("flow mapping.*expected ',' or '}'", "a \"{\" that is not closed by \"}\""),
          new Rule("flow sequence.*expected ',' or ']'", "a \"[\" that is not closed by \"]\""),
          new Rule("could not find expected ':'", "a line without \"key: value\""),
          new Rule("undefined alias (.+)", "an alias *$1 without an anchor &$1"),
          new Rule("single document|<document start>", "a second document; only one is allowed"),
          new Rule("found unknown escape character (.)", "the unknown escape \"\\$1\" in quotes"),
          new Rule(
              "found character '(.)' that cannot start",
              "a value that starts with \"$1\"; put it in quotes"),
          new Rule("scanning an? (anchor|alias)", "an $1 without a name; put the value in quotes"),
          new Rule(
              "expected the node content, but found '([^<].*)'",
              "a \"$1\" where a value is expected"),
          new Rule("expected the node content", "no value where one is expected"),
          new Rule("found '([}\\]])'", "a \"$1\" without an opening bracket"),
          new Rule("expected <block end>", INDENTATION));

  private YamlErrorMessage() {}

  /** The problem and its location: {@code has a quote that is not closed (line 3, column 7: x)}. */
  static String explain(YAMLException exception, String text) {
    if (exception instanceof MarkedYAMLException marked) {
      Mark mark = location(marked);
      return "has " + description(marked) + (mark == null ? "" : at(mark, text));
    }
    if (exception instanceof ReaderException unreadable) {
      int line =
          1
              + (int)
                  text.codePoints().limit(unreadable.getPosition()).filter(c -> c == '\n').count();
      return "has a character that YAML does not allow, code %s (line %s)"
          .formatted(unreadable.getCodePoint(), line);
    }
    return "is not valid YAML: " + Quoted.onOneLine(String.valueOf(exception.getMessage()));
  }

  private static String description(MarkedYAMLException marked) {
    String problem = String.valueOf(marked.getProblem());
    String text = marked.getContext() + " | " + problem;
    for (Rule rule : RULES) {
      Matcher matcher = Pattern.compile(rule.pattern()).matcher(text);
      if (matcher.find()) {
        return matcher.groupCount() == 0
            ? rule.description()
            : rule.description().replace("$1", matcher.group(1));
      }
    }
    return "invalid YAML: " + Quoted.onOneLine(problem);
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
    String shown = Quoted.shorten(Quoted.onOneLine(line));
    return " (line %s, column %s%s)"
        .formatted(mark.getLine() + 1, mark.getColumn() + 1, shown.isEmpty() ? "" : ": " + shown);
  }

  private record Rule(String pattern, String description) {}
}
