package dev.counterpoint.core.training;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names where items come from, a file once: {@code train.csv lines 114, 87 and 30 more}. Origins
 * are texts that data sets make, most of them {@code FILE line 114}; another one is left as it is.
 */
final class ExampleNames {
  private static final Pattern NUMBERED = Pattern.compile("(.+ line|item) (\\d+)");

  private ExampleNames() {}

  /**
   * The text.
   *
   * @param origins of those that are named, at least one
   * @param more how many there are beside them
   */
  static String of(List<String> origins, long more) {
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
