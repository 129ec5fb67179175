package dev.counterpoint.strategies.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The arguments of {@code train}, parsed as far as the driver needs them: RUN and {@code --output}
 * may be URIs, which only Spark's class path can open.
 *
 * @param words all arguments
 * @param runAt the index of RUN if it is a URI; otherwise -1
 * @param outputAt the index of the value of {@code --output}, or of {@code --output=VALUE}; -1 if
 *     absent
 */
record TrainArguments(List<String> words, int runAt, int outputAt) {
  private static final String OUTPUT = "--output";

  /** Options whose values may look like URIs. */
  private static final Set<String> WITH_VALUE = Set.of("--spark", "--classpath");

  static TrainArguments of(List<String> words) {
    int run = -1;
    int output = -1;
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith(OUTPUT + "=") || words.get(i - 1).equals(OUTPUT)) {
        output = i;
      } else if (run < 0 && RunStore.isUri(word) && !WITH_VALUE.contains(words.get(i - 1))) {
        run = i;
      }
    }
    return new TrainArguments(List.copyOf(words), run, output);
  }

  /** The URI of RUN; empty if RUN is not a URI. */
  String run() {
    return runAt < 0 ? "" : words.get(runAt);
  }

  /** The value of {@code --output}; empty if absent. */
  String output() {
    if (outputAt < 0) {
      return "";
    }
    String word = words.get(outputAt);
    return word.startsWith(OUTPUT + "=") ? word.substring(OUTPUT.length() + 1) : word;
  }

  TrainArguments withRun(String other) {
    List<String> changed = new ArrayList<>(words);
    changed.set(runAt, other);
    return of(changed);
  }

  TrainArguments withoutOutput() {
    List<String> changed = new ArrayList<>(words);
    if (!changed.remove(outputAt).startsWith(OUTPUT + "=")) {
      changed.remove(outputAt - 1);
    }
    return of(changed);
  }
}
