package dev.counterpoint.serving.internal.sql;

import dev.counterpoint.core.internal.storage.Resource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Creates and changes tables: numbered files of SQL, each of which runs once.
 *
 * @param table has the numbers of the files that have run
 * @param owner a class beside whose folder the files are
 * @param files in the order of their numbers; a released file never changes
 */
public record Migrations(String table, Class<?> owner, List<String> files) {
  /** Runs the files that have not run. The caller has begun a transaction and holds a lock. */
  public void run(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS " + table + " (number INTEGER PRIMARY KEY)");
      for (int number = applied(statement) + 1; number <= files.size(); number++) {
        for (String part : Resource.read(owner, files.get(number - 1)).split(";", -1)) {
          if (!part.isBlank()) {
            statement.execute(part);
          }
        }
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO " + table + " (number) VALUES (?)")) {
          insert.setInt(1, number);
          insert.execute();
        }
      }
    }
  }

  private int applied(Statement statement) throws SQLException {
    try (ResultSet last = statement.executeQuery("SELECT coalesce(max(number), 0) FROM " + table)) {
      last.next();
      return last.getInt(1);
    }
  }
}
