package dev.counterpoint.core.parameter;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Pattern for parameter names: {@code *} matches any text, including dots, as in {@code
 * blocks.0.*}.
 */
public record NamePattern(String pattern) implements Predicate<String> {
  @Override
  public boolean test(String name) {
    return Pattern.matches(("\\Q" + pattern + "\\E").replace("*", "\\E.*\\Q"), name);
  }
}
