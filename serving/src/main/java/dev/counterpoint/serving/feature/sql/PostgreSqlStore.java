package dev.counterpoint.serving.feature.sql;

import com.zaxxer.hikari.HikariConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.internal.sql.PostgreSqlSource;
import java.nio.file.Path;
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
  /** The minimum of the pool's timeouts. */
  private static final int MIN_MILLIS = 250;

  public PostgreSqlStore {
    properties = Map.copyOf(properties);
    Checks checks =
        new Checks()
            .within("timeoutMillis", timeoutMillis, 1, 60_000)
            .within("connections", connections, 1, 256)
            .positive("queue", queue);
    new PostgreSqlSource(url, properties).check(checks).verify();
  }

  /** Timeout 500 ms, 8 connections, 1,024 waiting lookups; the URL has no default. */
  public static PostgreSqlStore defaults() {
    return RecordCopy.of(
        PostgreSqlStore.class,
        Map.of("properties", Map.of(), "timeoutMillis", 500, "connections", 8, "queue", 1_024));
  }

  @Override
  public FeatureStore open(Path folder) {
    PostgreSqlSource database = new PostgreSqlSource(url, properties);
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("features");
    pool.setDataSource(database.dataSource(this::limit));
    pool.setMaximumPoolSize(connections);
    pool.setMinimumIdle(1);
    pool.setConnectionTimeout(Math.max(MIN_MILLIS, timeoutMillis));
    pool.setValidationTimeout(MIN_MILLIS);
    return new SqlFeatureStore(
        database.name(),
        pool,
        new PostgreSql(),
        new Lookups(database.name(), Duration.ofMillis(timeoutMillis), connections, queue));
  }

  @Override
  public String toString() {
    return "PostgreSqlStore " + new PostgreSqlSource(url, properties).name();
  }

  /** Sets timeouts: a server that does not answer must not block the threads for long. */
  private void limit(PGSimpleDataSource source) {
    int seconds = (int) TimeUnit.MILLISECONDS.toSeconds(timeoutMillis) + 1;
    source.setConnectTimeout(seconds);
    source.setSocketTimeout(seconds);
    source.setOptions("-c statement_timeout=" + timeoutMillis);
  }
}
