package dev.counterpoint.runner.launch;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Slurm's way to write many hosts: {@code gpu[03-05,9],login1}. */
final class NodeList {
  private static final Pattern FIRST = Pattern.compile("([^,\\[]+)(?:\\[(\\d+)[^]]*]([^,]*))?.*");

  private NodeList() {}

  /** The first host; the text itself where it cannot be read. */
  static String first(String nodes) {
    Matcher first = FIRST.matcher(nodes.strip());
    if (!first.matches()) {
      return nodes.strip();
    }
    return first.group(2) == null
        ? first.group(1)
        : first.group(1) + first.group(2) + first.group(3);
  }
}
