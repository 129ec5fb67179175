package dev.counterpoint.tasks.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks regular expressions of tokenizers, which the native library Oniguruma runs by
 * backtracking. Its limit of steps ends the process, so only patterns whose steps from one position
 * of a text grow at most linearly with the text are allowed. What this class does not know is not
 * allowed.
 */
final class TokenizerRegex {
  /** How many ways to match a part, beside one repetition, are tried before what follows it. */
  private static final int MAX_CHOICES = 8;

  private static final int MAX_LENGTH = 4_096;

  private static final String ESCAPE =
      "\\\\(?:[pP]\\{\\^?\\w++}|u\\p{XDigit}{4}|x\\p{XDigit}{2}|[^a-zA-Z0-9]|[abBdDefhHnrsStvwWAzZ])";
  private static final String CLASS = "\\[\\^?(?:" + ESCAPE + "|[^\\[\\]\\\\]++|%s)++]";

  /** In (?i:...), letters stand for several letters in some languages: only contractions. */
  private static final Pattern OPENING =
      Pattern.compile("\\((?:\\?(?::|i:(?=[a-zA-Z'|\\[\\]]*\\))|<?[=!])|(?!\\?))");

  private static final Set<String> KNOWN = // digits in threes from the right
      Set.of("(?=(\\d{3})+(?!\\d))", "\\d{1,3}(?=(?:\\d{3})*\\b)");
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

    /** The ways to match what is in front of the group, and those up to the current place. */
    private final long choicesBefore;

    private long choices;
    private long otherChoices;

    /** Whether it is a sequence of characters. */
    private boolean isPlain;

    Group(String opening, int before, long choices) {
      this.opening = opening;
      this.before = before;
      this.choices = choices;
      choicesBefore = choices;
      repetitions = before;
      most = before;
      isPlain = !opening.contains("i");
    }

    void endAlternative() {
      most = Math.max(most, repetitions);
      repetitions = before;
      otherChoices += choices;
      choices = choicesBefore;
    }
  }

  private TokenizerRegex() {}

  /**
   * Whether a pattern may need many steps: a group that is repeated or looks around is more than a
   * sequence of characters, as in {@code (a|aa)+}, something must match after two unlimited
   * repetitions, as in {@code a*a*b}, or after many choices, or the syntax is unusual.
   */
  static boolean mayBacktrack(String regex) {
    if (KNOWN.contains(regex)) {
      return false;
    }
    if (regex.length() > MAX_LENGTH) {
      return true;
    }
    Deque<Group> groups = new ArrayDeque<>(List.of(new Group("", 0, 1)));
    Matcher opening = OPENING.matcher(regex);
    Matcher atom = ATOM.matcher(regex);
    Matcher quantifier = QUANTIFIER.matcher(regex);
    int at = 0;
    while (at < regex.length()) {
      Group group = groups.element();
      if (opening.region(at, regex.length()).lookingAt()) {
        group.isPlain = false;
        groups.push(new Group(opening.group(), group.repetitions, group.choices));
        at = opening.end();
        continue;
      }
      if (regex.charAt(at) == '|') {
        group.isPlain = false;
        group.endAlternative();
        at++;
        continue;
      }
      boolean isPlain = true;
      long choices = group.choices;
      int repetitions = group.repetitions;
      int failing = group.repetitions;
      if (regex.charAt(at) == ')' && groups.size() > 1) {
        Group ended = groups.pop();
        ended.endAlternative();
        group = groups.element();
        isPlain = ended.isPlain;
        boolean looksAround = ended.opening.matches(".*[=!]");
        if ((looksAround && !isPlain) || ended.failing - ended.before >= 2) {
          return true;
        }
        failing = looksAround ? group.repetitions : ended.failing;
        choices = looksAround ? group.choices : ended.otherChoices;
        repetitions = looksAround ? group.repetitions : ended.most;
        at++;
      } else if (atom.region(at, regex.length()).lookingAt()) {
        at = atom.end();
      } else {
        return true; // unusual syntax, or the repetition of a repetition
      }
      boolean isOptional = false;
      if (quantifier.region(at, regex.length()).lookingAt()) {
        at = quantifier.end();
        group.isPlain = false;
        String symbol = quantifier.group(1);
        boolean isInterval = symbol.startsWith("{");
        boolean isExact = isInterval && quantifier.group(3).isEmpty();
        String suffix = quantifier.group(5);
        int least = isInterval ? number(quantifier.group(2), 0) : symbol.equals("+") ? 1 : 0;
        int largest =
            isInterval
                ? number(quantifier.group(isExact ? 2 : 4), -1)
                : symbol.equals("?") ? 1 : -1;
        isOptional = least == 0 || (isExact && suffix.equals("?")); // {2}? in Ruby's syntax
        boolean isRepeated = isInterval && suffix.equals("+"); // likewise {1,2}+
        if ((!isPlain && (largest != 1 || isRepeated))
            || symbol.matches("\\{,?}")
            || quantifier.region(at, regex.length()).lookingAt()) {
          return true;
        }
        if (isInterval || !suffix.equals("+")) { // is not possessive
          repetitions += largest < 0 ? 1 : 0;
          repetitions += isRepeated ? 2 : 0;
          choices +=
              group.choices * (largest < 0 ? 0 : Math.max(largest - least, isOptional ? 1 : 0));
        }
      }
      if (!isOptional) {
        group.failing = Math.max(group.failing, failing);
        if (group.choices > MAX_CHOICES) {
          return true;
        }
      }
      group.repetitions = repetitions;
      group.choices = Math.min(choices, Integer.MAX_VALUE);
    }
    return groups.size() > 1 || groups.element().failing >= 2;
  }

  private static int number(String digits, int otherwise) {
    return digits.isEmpty() ? otherwise : digits.length() > 4 ? 9_999 : Integer.parseInt(digits);
  }
}
