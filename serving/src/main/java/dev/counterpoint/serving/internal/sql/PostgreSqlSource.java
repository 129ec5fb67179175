package dev.counterpoint.serving.internal.sql;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.Consumer;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL database.
 *
 * @param url the JDBC URL; null in defaults
 * @param properties properties of the connections
 */
public record PostgreSqlSource(String url, Map<String, String> properties) {
  private static final String SCHEME = "jdbc:postgresql:";

  /** Checks the URL; it is not printed, because it may contain a password. */
  public Checks check(Checks checks) {
    return url == null
        ? checks
        : checks.that(url.startsWith(SCHEME), "url", "***", "must begin with " + SCHEME);
  }

  /** The URL without its parameters. */
  public String name() {
    return url.replaceFirst("[?].*", "");
  }

  @Override
  public String toString() {
    return name(); // URL and properties may have a password.
  }

  /**
   * Creates a source of connections.
   *
   * @param settings changes it before the properties do
   * @throws InvalidSettings if the URL or a property is invalid
   */
  public PGSimpleDataSource dataSource(Consumer<PGSimpleDataSource> settings) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    try {
      source.setURL(url);
      settings.accept(source);
      for (Map.Entry<String, String> property : properties.entrySet()) {
        source.setProperty(property.getKey(), property.getValue());
      }
    } catch (SQLException | IllegalArgumentException e) {
      throw new InvalidSettings("The settings of PostgreSQL are invalid: %s", e.getMessage());
    }
    return source;
  }
}
