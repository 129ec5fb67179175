package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;

/**
 * Connections to databases. The drivers are those on the class path, or in the context class loader
 * of the thread.
 */
public final class Database {
  private Database() {}

  /**
   * Connects to a database for writing rows in transactions.
   *
   * @throws InvalidSettings if no driver accepts the URL
   */
  public static Connection connectToWrite(SqlQuery sql) throws SQLException, IOException {
    Properties properties = new Properties();
    properties.put("duckdb.read_only", "false");
    properties.putAll(sql.properties());
    Connection connection =
        sql.url().startsWith(DuckDb.SCHEME)
            ? DuckDb.connect(sql.url(), properties)
            : connect(sql, false);
    connection.setAutoCommit(false);
    return connection;
  }

  /**
   * Connects to the database of a query, unless it is DuckDB, for reading rows as a stream.
   *
   * @throws InvalidSettings if no driver accepts the URL
   */
  static Connection connect(SqlQuery sql) throws SQLException, IOException {
    return connect(sql, true);
  }

  private static Connection connect(SqlQuery sql, boolean isReadOnly)
      throws SQLException, IOException {
    Properties properties = new Properties();
    if (sql.url().startsWith("jdbc:sqlite:") && isReadOnly) {
      properties.put("open_mode", "1"); // Otherwise a missing file is created.
    }
    if (sql.url().startsWith("jdbc:mysql:")) {
      properties.put("useCursorFetch", "true"); // Otherwise all rows are held in memory.
    }
    properties.putAll(sql.properties());
    List<String> known = new ArrayList<>(List.of("DuckDB"));
    for (ServiceLoader.Provider<Driver> each : ServiceLoader.load(Driver.class).stream().toList()) {
      if (each.type().getName().startsWith(DuckDb.PACKAGE)) {
        continue;
      }
      Driver driver = each.get();
      Connection connection =
          driver.acceptsURL(sql.url()) ? driver.connect(sql.url(), properties) : null;
      if (connection != null) {
        connection.setReadOnly(isReadOnly);
        connection.setAutoCommit(false); // Without it PostgreSQL does not stream.
        return connection;
      }
      known.add(each.type().getName());
    }
    throw new InvalidSettings(
        "No JDBC driver accepts the URL of the %s. Drivers on the class path: %s. Add the jar of a"
            + " driver to classpath.",
        sql.name(), Excerpt.ofList(known));
  }
}
