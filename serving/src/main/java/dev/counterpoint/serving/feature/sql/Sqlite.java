package dev.counterpoint.serving.feature.sql;

import dev.counterpoint.core.kernel.NativeLibraries;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import dev.counterpoint.serving.feature.FeatureRow;
import java.net.URL;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/** SQLite. Its driver would unpack its library into the folder for temporary files. */
final class Sqlite implements Dialect {
  private static final String SELECT =
      "SELECT event_time, feature_values FROM feature_rows"
          + " WHERE view = ? AND entity = ? AND event_time <= ? ORDER BY event_time DESC LIMIT 1";

  /** Unpacks the native library into the cache folder. */
  static void useCache() {
    String name = LibraryLoaderUtil.getNativeLibName();
    URL library =
        SQLiteJDBCLoader.class.getResource(
            LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name);
    if (library == null) {
      throw new InvalidSettings("The class path has no library of SQLite for this platform.");
    }
    Path folder = NativeLibraries.unpacked(library, name).resolveSibling("");
    System.getProperties().putIfAbsent("org.sqlite.lib.path", folder.toString());
    System.getProperties().putIfAbsent("org.sqlite.lib.name", name);
    NativeLibraries.configure();
  }

  @Override
  public String name() {
    return "sqlite";
  }

  @Override
  public void begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
  }

  @Override
  public void lockMigrations(Connection connection) {
    // The first statement that writes locks the database.
  }

  @Override
  public List<Optional<FeatureRow>> newest(Connection connection, String view, List<Moment> moments)
      throws SQLException {
    List<Optional<FeatureRow>> rows = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(SELECT)) {
      select.setString(1, view);
      for (Moment moment : moments) {
        select.setString(2, moment.key().value());
        select.setLong(3, Dialect.micros(moment.time()));
        try (ResultSet found = select.executeQuery()) {
          rows.add(
              found.next()
                  ? Optional.of(
                      FeatureRow.ofJson(
                          moment.key(), Dialect.time(found.getLong(1)), found.getString(2)))
                  : Optional.empty());
        }
      }
    }
    return rows;
  }
}
