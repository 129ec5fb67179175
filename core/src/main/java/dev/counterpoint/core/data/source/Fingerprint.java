package dev.counterpoint.core.data.source;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fingerprint of a dataset, to detect that it has changed.
 *
 * @param hash the hash of all examples
 * @param parts hashes of the parts, such as files, by name; empty if the source has no parts
 */
public record Fingerprint(String hash, Map<String, String> parts) {
  private static final Pattern PART = Pattern.compile(" (\\w+):(\\w+)$");

  /**
   * Parses the text of {@link DataSplits#fingerprint}: the hash, which may be any text, and {@code
   * name:hash} of each part.
   */
  public static Fingerprint parse(String text) {
    Map<String, String> parts = new TreeMap<>();
    String hash = text;
    for (Matcher part = PART.matcher(hash); part.find(); part = PART.matcher(hash)) {
      parts.put(part.group(1), part.group(2));
      hash = hash.substring(0, part.start());
    }
    return new Fingerprint(hash, parts);
  }

  /**
   * The names of the parts that have changed, are new, or are missing. Empty if the hashes of the
   * examples are equal, even if the files differ.
   */
  public List<String> changedSince(Fingerprint before) {
    if (hash.equals(before.hash)) {
      return List.of();
    }
    Set<String> names = new LinkedHashSet<>(before.parts.keySet());
    names.addAll(parts.keySet());
    names.removeIf(name -> Objects.equals(parts.get(name), before.parts.get(name)));
    return List.copyOf(names);
  }
}
