package dev.counterpoint.tasks.table;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** DuckDB, to write files for tests. */
public final class Duck {
  private Duck() {}

  /** Runs a statement with the given parts. */
  public static void write(String statement, Object... parts) throws IOException {
    try (Connection connection = DuckDb.connect("jdbc:duckdb:", new Properties());
        Statement sql = connection.createStatement()) {
      sql.execute(statement.formatted(parts));
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}
