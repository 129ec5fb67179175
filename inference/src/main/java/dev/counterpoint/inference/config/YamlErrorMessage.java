package dev.counterpoint.inference.config;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.reader.ReaderException;

/** Says in plain words what SnakeYAML says in a parser's. */
final class YamlErrorMessage {
  private static final String INDENTATION =
      "a part that does not belong to what stands before it; check the indentation and the quotes";

  /** From a pattern of SnakeYAML's words (context, a bar, problem) to ours, the first that fits. */
  private static final List<Rule> RULES =
      List.of(
          new Rule("\\(TAB\\)", "a tab where YAML wants spaces"),
          new Rule(
              "mapping values are not allowed",
              "a \":\" that is not allowed here; put a text with \": \" in quotes, or check the"
                  + " indentation"),
          new Rule(
              "sequence entries are not allowed",
              "a \"- \" that is not allowed here; begin a list on a line of its own"),
          new Rule("quoted scalar.*end of stream", "a quote that is not closed"),
          new Rule("flow mapping.*expected ',' or '}'", "a \"{\" that is not closed by \"}\""),
          new Rule("flow sequence.*expected ',' or ']'", "a \"[\" that is not closed by \"]\""),
          new Rule("could not find expected ':'", "a line that is not \"key: value\""),
          new Rule("undefined alias (.+)", "an alias *$1 without an anchor &$1"),
          new Rule("single document|<document start>", "a second document; one file is one run"),
          new Rule("found unknown escape character (.)", "the unknown escape \"\\$1\" in quotes"),
          new Rule(
              "found character '(.)' that cannot start",
              "a text that starts with \"$1\"; put it in quotes"),
          new Rule("scanning an? (anchor|alias)", "an $1 without a name; put the text in quotes"),
          new Rule(
              "expected the node content, but found '([^<].*)'",
              "a \"$1\" where a value is expected"),
          new Rule("expected the node content", "no value where one is expected"),
          new Rule("found '([}\\]])'", "a \"$1\" that nothing opened"),
          new Rule("expected <block end>", INDENTATION));

  private YamlErrorMessage() {}

  /** What is wrong and where: {@code a quote that is not closed (line 3, column 7: name: "x)}. */
  static String explain(YAMLException exception, String text) {
    if (exception instanceof MarkedYAMLException marked) {
      Mark mark = place(marked);
      return "has " + words(marked) + (mark == null ? "" : at(mark, text));
    }
    if (exception instanceof ReaderException unreadable) {
      int line =
          1
              + (int)
                  text.codePoints().limit(unreadable.getPosition()).filter(c -> c == '\n').count();
      return String.format(
          Locale.ROOT,
          "has a character that YAML does not allow, code %d (line %d)",
          unreadable.getCodePoint(),
          line);
    }
    return "is not YAML: " + Quoted.onOneLine(String.valueOf(exception.getMessage()));
  }

  private static String words(MarkedYAMLException marked) {
    String problem = String.valueOf(marked.getProblem());
    String whole = marked.getContext() + " | " + problem;
    for (Rule rule : RULES) {
      Matcher matcher = Pattern.compile(rule.pattern()).matcher(whole);
      if (matcher.find()) {
        return matcher.groupCount() == 0
            ? rule.words()
            : rule.words().replace("$1", matcher.group(1));
      }
    }
    return "a mistake in its YAML: " + Quoted.onOneLine(problem);
  }

  /** What was opened and not closed is worth more than the end of the file, where it was missed. */
  private static @Nullable Mark place(MarkedYAMLException marked) {
    String context = String.valueOf(marked.getContext());
    boolean opened = context.contains("quoted scalar") || context.contains("flow");
    boolean within = String.valueOf(marked.getProblem()).contains("escape");
    return marked.getContextMark() != null && opened && !within
        ? marked.getContextMark()
        : marked.getProblemMark();
  }

  private static String at(Mark mark, String text) {
    String line = text.lines().skip(mark.getLine()).findFirst().orElse("");
    String shown = Quoted.shorten(Quoted.onOneLine(line));
    return String.format(
        Locale.ROOT,
        " (line %d, column %d%s)",
        mark.getLine() + 1,
        mark.getColumn() + 1,
        shown.isEmpty() ? "" : ": " + shown);
  }

  private record Rule(String pattern, String words) {}
}
