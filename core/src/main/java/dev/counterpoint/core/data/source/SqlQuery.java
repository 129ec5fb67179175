package dev.counterpoint.core.data.source;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Secrets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * SQL query whose result is a table.
 *
 * @param url the JDBC URL of the database, such as {@code jdbc:postgresql://localhost/shop} or
 *     {@code jdbc:duckdb:shop.duckdb}
 * @param query the query, a {@code SELECT}
 * @param properties properties of the connection, such as {@code user} and {@code password}
 */
public record SqlQuery(String url, String query, @Nullable Map<String, String> properties) {
  /** The parts of a URL that may be passwords: before a host, and values of parameters. */
  private static final Pattern HIDDEN =
      Pattern.compile("(?<=[/:])[^/:@]+[/:][^/@]+(?=@)|(?<=//)[^/@]*(?=@)|(?<=[?&;]).*");

  public SqlQuery {
    properties = properties == null ? Map.of() : Map.copyOf(properties);
    new Checks()
        .that(url.startsWith("jdbc:"), "url", '"' + hide(url) + '"', "must begin with jdbc:")
        .that(!query.isBlank(), "query", "\"\"", "is empty")
        .verify();
  }

  /** The name of the query in messages, without user, password and parameters of the URL. */
  public String name() {
    String line = Secrets.mask(query).strip().replaceAll("\\s+", " ");
    return "query \"" + Excerpt.of(line) + "\" of " + hide(url);
  }

  /** Masks a message of the driver, which can quote the URL and the values of properties. */
  public String mask(String message) {
    String masked = Secrets.mask(message.replace(url, hide(url)));
    for (Map.Entry<String, String> each : new TreeMap<>(properties).entrySet()) {
      boolean isName = each.getKey().equalsIgnoreCase("user") || each.getValue().isEmpty();
      masked = isName ? masked : masked.replace(each.getValue(), "***");
    }
    return Excerpt.of(masked.lines().findFirst().orElse(""));
  }

  private static String hide(String url) {
    return Excerpt.of(HIDDEN.matcher(Secrets.mask(url)).replaceAll("***"));
  }

  @Override
  public String toString() {
    return name();
  }
}
