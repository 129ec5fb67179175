package dev.counterpoint.serving.feature.sql;

import com.zaxxer.hikari.HikariConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Features in a PostgreSQL database. It has the features of all times.
 *
 * @param url the JDBC URL, such as {@code jdbc:postgresql://localhost/shop}; without a password
 * @param properties properties of the connections, such as {@code user} and {@code password}
 * @param timeoutMillis the time after which a lookup fails
 * @param connections the maximum number of connections
 * @param queue the maximum number of lookups that wait for a connection
 */
public record PostgreSqlStore(
    String url, Map<String, String> properties, int timeoutMillis, int connections, int queue)
    implements FeatureStoreConfig {
  private static final String SCHEME = "jdbc:postgresql:";

  /** The shortest time of the pool. */
  private static final int MIN_MILLIS = 250;

  public PostgreSqlStore {
    properties = Map.copyOf(properties);
    Checks checks =
        new Checks()
            .within("timeoutMillis", timeoutMillis, 1, 60_000)
            .within("connections", connections, 1, 256)
            .positive("queue", queue);
    if (url != null) { // It is null in defaults().
      checks.that(url.startsWith(SCHEME), "url", "***", "must begin with " + SCHEME);
    }
    checks.verify();
  }

  /** 500 milliseconds, 8 connections and 1,024 waiting lookups; the URL has no default. */
  public static PostgreSqlStore defaults() {
    return RecordCopy.of(
        PostgreSqlStore.class,
        Map.of("properties", Map.of(), "timeoutMillis", 500, "connections", 8, "queue", 1_024));
  }

  @Override
  public FeatureStore open(Path folder) {
    String name = name();
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("features");
    pool.setDataSource(source());
    pool.setMaximumPoolSize(connections);
    pool.setMinimumIdle(1);
    pool.setConnectionTimeout(Math.max(MIN_MILLIS, timeoutMillis));
    pool.setValidationTimeout(MIN_MILLIS);
    return new SqlFeatureStore(
        name,
        pool,
        new PostgreSql(),
        new Lookups(name, Duration.ofMillis(timeoutMillis), connections, queue));
  }

  @Override
  public String toString() {
    return "PostgreSqlStore " + name();
  }

  /** The URL without its parameters. */
  private String name() {
    return url.replaceFirst("[?].*", "");
  }

  /** A server that does not answer must not occupy the threads for long. */
  private PGSimpleDataSource source() {
    int seconds = (int) TimeUnit.MILLISECONDS.toSeconds(timeoutMillis) + 1;
    PGSimpleDataSource source = new PGSimpleDataSource();
    try {
      source.setURL(url);
      source.setConnectTimeout(seconds);
      source.setSocketTimeout(seconds);
      source.setOptions("-c statement_timeout=" + timeoutMillis);
      for (Map.Entry<String, String> property : properties.entrySet()) {
        source.setProperty(property.getKey(), property.getValue());
      }
    } catch (SQLException | IllegalArgumentException e) {
      throw new InvalidSettings("The settings of PostgreSQL are invalid: %s", e.getMessage());
    }
    return source;
  }
}
