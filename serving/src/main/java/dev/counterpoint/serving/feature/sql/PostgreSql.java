package dev.counterpoint.serving.feature.sql;

import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import dev.counterpoint.serving.feature.FeatureRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The dialect of PostgreSQL. */
final class PostgreSql implements Dialect {
  /** Looks up all moments in one statement, each with one descent in the index. */
  private static final String SELECT =
      "SELECT m.n, r.event_time, r.feature_values"
          + " FROM unnest(?::text[], ?::bigint[]) WITH ORDINALITY AS m(entity, at, n)"
          + " CROSS JOIN LATERAL (SELECT event_time, feature_values FROM feature_rows"
          + " WHERE view = ? AND entity = m.entity AND event_time <= m.at"
          + " ORDER BY event_time DESC LIMIT 1) r";

  /** The number of the advisory lock: "features" in ASCII. */
  private static final long LOCK = 0x6665617475726573L;

  /** The timeout of a transaction that is not a lookup. */
  private static final Duration LONG = Duration.ofMinutes(1);

  @Override
  public String name() {
    return "postgresql";
  }

  @Override
  public void begin(Connection connection) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, (int) LONG.toMillis());
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL statement_timeout = " + LONG.toMillis());
    }
  }

  @Override
  public void lockMigrations(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
    }
  }

  @Override
  public List<Optional<FeatureRow>> newest(Connection connection, String view, List<Moment> moments)
      throws SQLException {
    List<Optional<FeatureRow>> rows =
        new ArrayList<>(Collections.nCopies(moments.size(), Optional.empty()));
    Object[] keys = moments.stream().map(it -> it.key().value()).toArray();
    Object[] times = moments.stream().map(it -> Dialect.micros(it.time())).toArray();
    try (PreparedStatement select = connection.prepareStatement(SELECT)) {
      select.setArray(1, connection.createArrayOf("text", keys));
      select.setArray(2, connection.createArrayOf("bigint", times));
      select.setString(3, view);
      try (ResultSet found = select.executeQuery()) {
        while (found.next()) {
          int index = found.getInt(1) - 1;
          EntityKey key = moments.get(index).key();
          rows.set(
              index,
              Optional.of(
                  FeatureRow.ofJson(key, Dialect.time(found.getLong(2)), found.getString(3))));
        }
      }
    }
    return rows;
  }
}
