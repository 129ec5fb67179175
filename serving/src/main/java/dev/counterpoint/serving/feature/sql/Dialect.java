package dev.counterpoint.serving.feature.sql;

import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import dev.counterpoint.serving.feature.FeatureRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The differences between SQL databases. */
interface Dialect {
  /** The folder of the migrations. */
  String name();

  /** Begins a transaction that may take longer than a lookup. */
  void begin(Connection connection) throws SQLException;

  /** Locks the migrations until the end of the transaction. */
  void lockMigrations(Connection connection) throws SQLException;

  /** Returns for each moment the newest row at or before it. */
  List<Optional<FeatureRow>> newest(Connection connection, String view, List<Moment> moments)
      throws SQLException;

  /** Microseconds since 1970. */
  static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** Converts microseconds since 1970 to a time. */
  static Instant time(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
