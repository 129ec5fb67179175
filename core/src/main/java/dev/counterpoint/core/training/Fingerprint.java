package dev.counterpoint.core.training;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What data is known by.
 *
 * @param items the hash that decides
 * @param parts hashes of what the items come from, by name; none where the source does not say
 */
record Fingerprint(String items, Map<String, String> parts) {
  /** From the text that a data source gives: the hash, and {@code name:hash} of each part. */
  static Fingerprint parse(String text) {
    List<String> words = List.of(text.split(" "));
    Map<String, String> parts = new LinkedHashMap<>();
    for (String word : words.subList(1, words.size())) {
      int colon = word.indexOf(':');
      parts.put(word.substring(0, Math.max(colon, 0)), word.substring(colon + 1));
    }
    return new Fingerprint(words.get(0), parts);
  }

  /** The names of the parts that are not as they were, or are new, or gone. */
  List<String> changedSince(Fingerprint before) {
    Set<String> names = new LinkedHashSet<>(before.parts.keySet());
    names.addAll(parts.keySet());
    names.removeIf(name -> Objects.equals(parts.get(name), before.parts.get(name)));
    return List.copyOf(names);
  }
}
