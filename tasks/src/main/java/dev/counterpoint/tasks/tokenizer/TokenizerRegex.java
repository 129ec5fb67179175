package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.core.internal.storage.Resource;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks regular expressions of tokenizers, which the native library Oniguruma runs by
 * backtracking. Its limit of steps ends the process, so only those of published tokenizers, in
 * {@code patterns.txt}, and simple ones are allowed.
 *
 * <p>A simple one consists of alternatives of characters and character classes. Only the first may
 * be optional, and only the last repeated, so that an alternative fails after a bounded number of
 * characters, and never matches an empty text.
 */
final class TokenizerRegex {
  /** The environment variable that allows every regular expression if it is {@code any}. */
  static final String VARIABLE = "COUNTERPOINT_TOKENIZER_REGEX";

  private static final int MAX_LENGTH = 512;
  private static final Set<String> PUBLISHED =
      Resource.read(TokenizerRegex.class, "patterns.txt")
          .lines()
          .filter(line -> !line.startsWith("# "))
          .collect(Collectors.toUnmodifiableSet());
  private static final Pattern SIMPLE = simple();

  private TokenizerRegex() {}

  private static Pattern simple() {
    String escape =
        "\\\\(?:[pP]\\{\\^?\\w+}|u(?![dD][89a-fA-F])\\p{XDigit}{4}|\\p{Punct}|[dDhHnrsStwW])";
    String content = "(?:" + escape + "|&(?!&)|[^\\[\\]\\\\&])";
    String item = "(?:" + escape + "|\\[\\^?+" + content + "+]|[^\\[\\\\()|{*+?^$])";
    String alternative = "(?:I\\?)?I+(?:\\+|\\{[1-9](?:,[1-9]?)?}|I[*?])?".replace("I", item);
    return Pattern.compile(alternative + "(?:\\|" + alternative + ")*");
  }

  /** Whether a regular expression is allowed, given the value of {@link #VARIABLE}. */
  static boolean isAllowed(String regex, @Nullable String variable) {
    return Objects.equals(variable, "any")
        || PUBLISHED.contains(regex.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t"))
        || isSimple(regex);
  }

  /** Whether the steps from a position of a text do not depend on the length of the text. */
  static boolean isSimple(String regex) {
    return regex.length() <= MAX_LENGTH && SIMPLE.matcher(regex).matches();
  }
}
