package dev.counterpoint.core.training;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Fingerprint of a dataset, to detect that it has changed.
 *
 * @param hash the hash of all examples
 * @param parts hashes of the parts, such as files, by name; empty if the source has no parts
 */
record Fingerprint(String hash, Map<String, String> parts) {
  /** Parses the text of a data source: the hash, and {@code name:hash} of each part. */
  static Fingerprint parse(String text) {
    List<String> words = List.of(text.split(" "));
    Map<String, String> parts = new LinkedHashMap<>();
    for (String word : words.subList(1, words.size())) {
      int colon = word.indexOf(':');
      parts.put(word.substring(0, Math.max(colon, 0)), word.substring(colon + 1));
    }
    return new Fingerprint(words.get(0), parts);
  }

  /** The names of the parts that have changed, are new, or are missing. */
  List<String> changedSince(Fingerprint before) {
    Set<String> names = new LinkedHashSet<>(before.parts.keySet());
    names.addAll(parts.keySet());
    names.removeIf(name -> Objects.equals(parts.get(name), before.parts.get(name)));
    return List.copyOf(names);
  }
}
