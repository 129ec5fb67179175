package dev.counterpoint.serving.feature.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureHistory;
import dev.counterpoint.serving.feature.FeatureRow;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureWriter;
import dev.counterpoint.serving.feature.Features;
import dev.counterpoint.serving.feature.FeaturesUnavailable;
import dev.counterpoint.serving.internal.sql.Migrations;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * A feature store in a SQL database, which keeps the rows of all events: the newest features of an
 * entity are its row with the latest time that is not in the future.
 */
final class SqlFeatureStore implements FeatureStore, FeatureWriter, FeatureHistory {
  private final String name;
  private final HikariDataSource connections;
  private final Dialect dialect;
  private final Lookups lookups;

  /** Work with a connection. */
  private interface Work<T> {
    T run(Connection connection) throws SQLException, IOException;
  }

  /**
   * Creates the tables if they do not exist.
   *
   * @param name names the store in messages
   * @param pool the settings of the connections
   * @throws FeaturesUnavailable if the database does not answer
   */
  SqlFeatureStore(String name, HikariConfig pool, Dialect dialect, Lookups lookups) {
    this.name = name;
    this.dialect = dialect;
    this.lookups = lookups;
    try {
      connections = new HikariDataSource(pool);
    } catch (HikariPool.PoolInitializationException e) {
      throw FeaturesUnavailable.of(name, e.getCause() == null ? e : e.getCause());
    }
    try (Connection connection = connections.getConnection()) {
      dialect.begin(connection);
      dialect.lockMigrations(connection);
      new Migrations(
              "feature_migrations",
              SqlFeatureStore.class,
              List.of(dialect.name() + "/1-feature-rows.sql"))
          .run(connection);
      connection.commit();
      // The first lookup loads classes, which must not count for its timeout.
      Moment moment = new Moment(new EntityKey("-"), Instant.EPOCH);
      dialect.newest(connection, "", List.of(moment));
      FeatureRow.ofJson(moment.key(), moment.time(), "{}");
      connection.commit();
    } catch (SQLException e) {
      close();
      throw FeaturesUnavailable.of(name, e);
    }
  }

  @Override
  public CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view) {
    Instant now = Instant.now();
    List<Moment> moments = keys.stream().map(key -> new Moment(key, now)).toList();
    return lookups.run(
        () -> {
          try (Connection connection = connections.getConnection()) {
            Map<EntityKey, FeatureRow> rows = new HashMap<>();
            for (Optional<FeatureRow> row : dialect.newest(connection, view.name(), moments)) {
              row.ifPresent(it -> rows.put(it.key(), it));
            }
            return new Features(rows);
          }
        });
  }

  @Override
  public List<Optional<FeatureRow>> at(String view, List<Moment> moments) {
    return inTransaction(connection -> dialect.newest(connection, view, moments));
  }

  @Override
  public List<String> views() {
    return texts("SELECT DISTINCT view FROM feature_columns ORDER BY view");
  }

  @Override
  public List<String> columns(String view) {
    return texts("SELECT name FROM feature_columns WHERE view = ? ORDER BY position, name", view);
  }

  private List<String> texts(String query, String... values) {
    return inTransaction(
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(query)) {
            for (int i = 0; i < values.length; i++) {
              select.setString(i + 1, values[i]);
            }
            List<String> texts = new ArrayList<>();
            ResultSet found = select.executeQuery();
            while (found.next()) {
              texts.add(found.getString(1));
            }
            return texts;
          }
        });
  }

  @Override
  public void write(String view, List<FeatureRow> rows) {
    inTransaction(
        connection -> {
          insertRows(connection, view, rows); // first: SQLite waits for a lock only before a read
          insertColumns(connection, view, rows);
          return rows.size();
        });
  }

  private static void insertColumns(Connection connection, String view, List<FeatureRow> rows)
      throws SQLException {
    Map<String, Integer> positions = new TreeMap<>(); // Processes insert in the same order.
    int next = nextPosition(connection, view);
    for (FeatureRow row : rows) {
      for (String column : row.values().keySet()) {
        positions.putIfAbsent(column, next + positions.size());
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO feature_columns (view, name, position) VALUES (?, ?, ?)"
                + " ON CONFLICT (view, name) DO NOTHING")) {
      for (Map.Entry<String, Integer> column : positions.entrySet()) {
        insert.setString(1, view);
        insert.setString(2, column.getKey());
        insert.setInt(3, column.getValue());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private static int nextPosition(Connection connection, String view) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(max(position), -1) + 1 FROM feature_columns WHERE view = ?")) {
      select.setString(1, view);
      try (ResultSet found = select.executeQuery()) {
        found.next();
        return found.getInt(1);
      }
    }
  }

  private static void insertRows(Connection connection, String view, List<FeatureRow> rows)
      throws SQLException {
    List<FeatureRow> sorted = new ArrayList<>(rows); // Processes lock rows in the same order.
    sorted.sort(
        Comparator.comparing((FeatureRow row) -> row.key().value())
            .thenComparing(FeatureRow::time));
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO feature_rows (view, entity, event_time, feature_values) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (view, entity, event_time)"
                + " DO UPDATE SET feature_values = excluded.feature_values")) {
      for (FeatureRow row : sorted) {
        insert.setString(1, view);
        insert.setString(2, row.key().value());
        insert.setLong(3, Dialect.micros(row.time()));
        insert.setString(4, row.json());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private <T> T inTransaction(Work<T> work) {
    try (Connection connection = connections.getConnection()) {
      dialect.begin(connection);
      T result = work.run(connection); // If it throws, the pool rolls back.
      connection.commit();
      return result;
    } catch (SQLException | IOException e) {
      SQLException next = e instanceof SQLException batch ? batch.getNextException() : null;
      throw FeaturesUnavailable.of(name, next == null ? e : next);
    }
  }

  @Override
  public void close() {
    lookups.close();
    connections.close();
  }
}
