package dev.counterpoint.core.training.failure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Formats the origins of examples, with each file named once: {@code train.csv lines 114, 87 and 30
 * more}. The dataset provides the origins, usually as {@code FILE line 114}; other origins are
 * unchanged, except that {@code item 5} becomes {@code example 5}.
 */
public final class ExampleNames {
  /** The word before the number of an example whose dataset provides no origins. */
  private static final String ITEM = "item";

  private static final Pattern NUMBERED = Pattern.compile("(.+ line|" + ITEM + ") (\\d+)");

  private ExampleNames() {}

  /**
   * Formats the origins of some examples.
   *
   * @param origins the origins of the examples to name, at least one
   * @param more the number of further examples that are not named
   */
  public static String of(List<String> origins, long more) {
    Map<String, List<String>> numbers = new LinkedHashMap<>();
    for (String origin : origins) {
      Matcher numbered = NUMBERED.matcher(origin);
      if (numbered.matches()) {
        numbers.computeIfAbsent(numbered.group(1), it -> new ArrayList<>()).add(numbered.group(2));
      } else {
        numbers.put(origin, List.of());
      }
    }
    String named =
        numbers.entrySet().stream()
            .map(each -> named(each.getKey(), each.getValue()))
            .collect(Collectors.joining("; "));
    return more == 0 ? named : named + (numbers.size() > 1 ? "; " : " ") + "and " + more + " more";
  }

  private static String named(String source, List<String> numbers) {
    String what = source.equals(ITEM) ? "example" : source;
    return numbers.isEmpty()
        ? source
        : what + (numbers.size() > 1 ? "s " : " ") + String.join(", ", numbers);
  }
}
