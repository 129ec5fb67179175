package dev.counterpoint.tasks.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks regular expressions of tokenizers, which the native library Oniguruma runs by
 * backtracking. Its limit of steps ends the process, so only patterns whose steps from one position
 * of a text grow at most linearly with the text are allowed. What this class does not know is not
 * allowed.
 */
final class TokenizerRegex {
  /** How many ways to match a part are tried before what follows it. */
  private static final int MAX_CHOICES = 64;

  private static final int MAX_LENGTH = 4_096;

  private static final String ESCAPE =
      "\\\\(?:[pP]\\{\\^?\\w++}|u\\p{XDigit}{4}|x\\p{XDigit}{2}|[^a-zA-Z0-9]|[abBdDefhHnrsStvwWAzZ])";
  private static final String CLASS = "\\[\\^?(?:" + ESCAPE + "|[^\\[\\]\\\\]++|%s)++]";
  private static final Pattern OPENING = Pattern.compile("\\((?:\\?(?:i?:|<?[=!]|>)|(?!\\?))");
  private static final Pattern ATOM =
      Pattern.compile(
          ESCAPE + "|" + CLASS.formatted(CLASS.formatted("(?!)")) + "|[^\\[()\\\\|*+?]");
  private static final Pattern QUANTIFIER =
      Pattern.compile("([*+?]|\\{(\\d*+)(,?)(\\d*+)})([+?]?)");

  /** A group while it is read. */
  private static final class Group {
    private final String opening;

    /** The unlimited repetitions in front of the group, and those up to the current place. */
    private final int before;

    private int repetitions;

    /** The largest number of repetitions of an alternative, and in front of what must match. */
    private int most;

    private int failing;

    /** The ways to match the current alternative, and those of the alternatives before it. */
    private long choices = 1;

    private long otherChoices;

    Group(String opening, int before) {
      this.opening = opening;
      this.before = before;
      repetitions = before;
      most = before;
    }

    void endAlternative() {
      most = Math.max(most, repetitions);
      repetitions = before;
      otherChoices += choices;
      choices = 1;
    }
  }

  private TokenizerRegex() {}

  /**
   * Whether a pattern may need many steps: it repeats a group that matches in several ways, as in
   * {@code (a|aa)+} or {@code (a+b?)*}, something must match after two unlimited repetitions, as in
   * {@code a*a*b}, or after many choices, or its syntax is unusual. Possessive repetitions and
   * atomic groups match in one way.
   */
  static boolean mayBacktrack(String regex) {
    if (regex.length() > MAX_LENGTH) {
      return true;
    }
    Deque<Group> groups = new ArrayDeque<>(List.of(new Group("", 0)));
    Matcher opening = OPENING.matcher(regex);
    Matcher atom = ATOM.matcher(regex);
    Matcher quantifier = QUANTIFIER.matcher(regex);
    int at = 0;
    while (at < regex.length()) {
      Group group = groups.element();
      if (opening.region(at, regex.length()).lookingAt()) {
        groups.push(new Group(opening.group(), group.repetitions));
        at = opening.end();
        continue;
      }
      if (regex.charAt(at) == '|') {
        group.endAlternative();
        at++;
        continue;
      }
      long choices = 1;
      int inner = group.repetitions; // those in the part, and in front of it
      int failing = group.repetitions;
      if (regex.charAt(at) == ')' && groups.size() > 1) {
        Group ended = groups.pop();
        ended.endAlternative();
        group = groups.element();
        boolean isNegative = ended.opening.endsWith("!");
        failing = Math.max(ended.failing, isNegative ? ended.most : 0);
        if (failing - ended.before >= 2 || ended.otherChoices > MAX_CHOICES) {
          return true;
        }
        boolean isInOneWay = ended.opening.endsWith(">") || ended.opening.matches(".*[=!]");
        choices = isInOneWay ? 1 : ended.otherChoices;
        inner = isInOneWay ? group.repetitions : ended.most;
        at++;
      } else if (atom.region(at, regex.length()).lookingAt()) {
        at = atom.end();
      } else {
        return true; // unusual syntax, or the repetition of a repetition
      }
      boolean isOptional = false;
      if (quantifier.region(at, regex.length()).lookingAt()) {
        at = quantifier.end();
        boolean isInterval = quantifier.group(2) != null;
        String symbol = quantifier.group(1);
        int least = isInterval ? number(quantifier.group(2), 0) : symbol.equals("+") ? 1 : 0;
        int largest =
            isInterval
                ? number(quantifier.group(quantifier.group(3).isEmpty() ? 2 : 4), -1)
                : symbol.equals("?") ? 1 : -1;
        boolean isPossessive = !isInterval && quantifier.group(5).equals("+");
        boolean isRepeated = isInterval && quantifier.group(5).equals("+"); // In Ruby's syntax.
        isOptional =
            least == 0 || (isInterval && least == largest && quantifier.group(5).equals("?"));
        boolean varies = choices > 1 || inner > group.repetitions;
        if ((varies && (largest != 1 || isRepeated))
            || quantifier.region(at, regex.length()).lookingAt()) {
          return true;
        }
        if (!isPossessive) {
          inner += largest < 0 ? 1 : 0;
          inner += isRepeated ? 2 : 0;
          choices += largest < 0 ? 0 : Math.max(largest - least, isOptional ? 1 : 0);
        }
      }
      if (!isOptional) {
        group.failing = Math.max(group.failing, failing);
        if (group.choices > MAX_CHOICES) {
          return true;
        }
      }
      group.repetitions = inner;
      group.choices = Math.min(group.choices * choices, Integer.MAX_VALUE);
    }
    return groups.size() > 1 || groups.element().failing >= 2;
  }

  private static int number(String digits, int otherwise) {
    return digits.isEmpty() ? otherwise : digits.length() > 4 ? 9_999 : Integer.parseInt(digits);
  }
}
