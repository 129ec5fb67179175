package dev.counterpoint.serving.feature.sql;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Creates and changes the tables: numbered files of SQL, each of which runs once. */
final class Migrations {
  /** The files in the order of their numbers; a released file never changes. */
  private static final List<String> FILES = List.of("1-feature-rows.sql");

  private Migrations() {}

  /** Runs the files that have not run in a database, in one transaction. */
  static void run(Connection connection, Dialect dialect) throws SQLException, IOException {
    dialect.begin(connection);
    dialect.lockMigrations(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS feature_migrations (number INTEGER PRIMARY KEY)");
      for (int number = applied(statement) + 1; number <= FILES.size(); number++) {
        for (String part : read(dialect.name() + "/" + FILES.get(number - 1)).split(";", -1)) {
          if (!part.isBlank()) {
            statement.execute(part);
          }
        }
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO feature_migrations (number) VALUES (?)")) {
          insert.setInt(1, number);
          insert.execute();
        }
      }
    }
    connection.commit();
  }

  private static int applied(Statement statement) throws SQLException {
    try (ResultSet last =
        statement.executeQuery("SELECT coalesce(max(number), 0) FROM feature_migrations")) {
      last.next();
      return last.getInt(1);
    }
  }

  private static String read(String name) throws IOException {
    try (InputStream file = Migrations.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IOException("The class path has no " + name + ".");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
