package dev.counterpoint.core.training.failure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names the origins of examples, each file once: {@code train.csv lines 114, 87 and 30 more}. A
 * dataset provides the origins, usually as {@code FILE line 114}; other texts are unchanged.
 */
public final class ExampleNames {
  private static final Pattern NUMBERED = Pattern.compile("(.+ line|item) (\\d+)");

  private ExampleNames() {}

  /**
   * Returns the text.
   *
   * @param origins of the examples to name, at least one
   * @param more the number of further examples
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

  private static String named(String what, List<String> numbers) {
    return numbers.isEmpty()
        ? what
        : what + (numbers.size() > 1 ? "s " : " ") + String.join(", ", numbers);
  }
}
