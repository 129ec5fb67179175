package dev.counterpoint.serving;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names a model of a registry: {@code fraud}, its version {@code fraud/7}, or its alias {@code
 * fraud@champion}.
 *
 * @param version null for the current version, or the version of the alias
 * @param alias null for the version, or the current version
 */
public record ModelId(String name, @Nullable Integer version, @Nullable String alias) {
  private static final String WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
  private static final Pattern PATTERN =
      Pattern.compile("(%s)(?:/([1-9]\\d{0,8})|@(%s))?".formatted(WORD, WORD));

  public ModelId {
    if (!name.matches(WORD)
        || (version != null && (alias != null || version < 1))
        || (alias != null && !alias.matches(WORD))) {
      throw invalid(name + (alias == null ? version == null ? "" : "/" + version : "@" + alias));
    }
  }

  /**
   * Reads the name of a model.
   *
   * @throws InvalidSettings if the text is not of the form {@code NAME}, {@code NAME/VERSION} or
   *     {@code NAME@ALIAS}
   */
  public static ModelId parse(String text) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      throw invalid(text);
    }
    String version = matcher.group(2);
    return new ModelId(
        matcher.group(1), version == null ? null : Integer.valueOf(version), matcher.group(3));
  }

  private static InvalidSettings invalid(String text) {
    return new InvalidSettings(
        "\"%s\" does not name a model; use NAME, NAME/VERSION or NAME@ALIAS, such as fraud/7. Names"
            + " consist of letters, digits, dots, hyphens and underscores.",
        Excerpt.ofItem(text));
  }

  @Override
  public String toString() {
    return name + (version != null ? "/" + version : alias != null ? "@" + alias : "");
  }
}
