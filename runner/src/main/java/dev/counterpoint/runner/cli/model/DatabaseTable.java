package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Database;
import dev.counterpoint.tasks.table.DuckDb;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table of a database that receives predictions. Each batch is one transaction. Each row has a
 * hash of model, data and columns: the number of rows with this hash is where a restart continues,
 * and is committed with the rows themselves.
 */
final class DatabaseTable implements AutoCloseable {
  private static final String KEY = "scoring";

  private final String table;
  private final SqlQuery sql;
  private final String key;
  private final Connection connection;
  private final long rows;
  private @Nullable SQLException unreadable; // if the table does not exist, or for another cause
  private @Nullable PreparedStatement insert;

  /**
   * The content of a file that names a table.
   *
   * @param table its name, as in a query
   */
  record Target(String url, String table, @Nullable Map<String, String> properties) {}

  /**
   * Connects to the database.
   *
   * @param key a hash of model, data and columns
   */
  DatabaseTable(Target target, String key) throws IOException {
    this.key = key;
    table = target.table();
    sql = new SqlQuery(target.url(), "INSERT INTO " + table, target.properties());
    try {
      connection = Database.connectToWrite(sql);
    } catch (SQLException e) {
      throw invalid(e);
    }
    try {
      rows = count();
    } catch (SQLException e) {
      close();
      throw invalid(e);
    }
  }

  /** The number of rows with the key; 0 if the table cannot be read, so that it must be created. */
  private long count() throws SQLException {
    String query = "SELECT count(*) FROM %s WHERE %s = ?".formatted(table, KEY);
    try (PreparedStatement count = connection.prepareStatement(query)) {
      count.setString(1, key);
      ResultSet found = count.executeQuery();
      found.next();
      return found.getLong(1);
    } catch (SQLException e) {
      unreadable = e;
      connection.rollback();
      return 0;
    }
  }

  /** The number of rows that an earlier start of the command has committed. */
  long rows() {
    return rows;
  }

  /** Inserts rows with the same columns, and commits them. */
  void insert(List<Map<String, @Nullable Object>> records) throws IOException {
    try {
      PreparedStatement statement = insert == null ? prepared(records.get(0)) : insert;
      insert = statement;
      for (Map<String, @Nullable Object> record : records) {
        int column = 1;
        statement.setString(column++, key);
        for (Object value : record.values()) {
          statement.setObject(column++, value);
        }
        statement.addBatch();
      }
      statement.executeBatch();
      connection.commit();
    } catch (SQLException e) {
      throw invalid(e);
    }
  }

  private PreparedStatement prepared(Map<String, @Nullable Object> record) throws SQLException {
    String quote = connection.getMetaData().getIdentifierQuoteString();
    List<String> names = new ArrayList<>(List.of(KEY));
    List<String> columns = new ArrayList<>(List.of(KEY + " TEXT"));
    record.forEach(
        (column, value) -> {
          String quoted = quote + column.replace(quote, quote + quote) + quote;
          names.add(quoted);
          columns.add(quoted + (value instanceof Double ? " DOUBLE PRECISION" : " TEXT"));
        });
    if (unreadable != null) {
      create(String.join(", ", columns), unreadable);
    }
    return connection.prepareStatement(
        "INSERT INTO %s (%s) VALUES (%s)"
            .formatted(
                table,
                String.join(", ", names),
                String.join(", ", Collections.nCopies(names.size(), "?"))));
  }

  private void create(String columns, SQLException unreadable) {
    String statement = "CREATE TABLE %s (%s)".formatted(table, columns);
    try (PreparedStatement create = connection.prepareStatement(statement)) {
      create.execute();
    } catch (SQLException e) {
      throw new InvalidSettings(
          "The table %s can neither be read (%s) nor created (%s).",
          table, sql.mask(DuckDb.message(unreadable)), sql.mask(DuckDb.message(e)));
    }
  }

  private InvalidSettings invalid(SQLException e) {
    // The message about a batch quotes the values of its rows; that of its cause does not.
    SQLException cause = e.getNextException() == null ? e : e.getNextException();
    return new InvalidSettings("%s failed: %s", sql.name(), sql.mask(DuckDb.message(cause)));
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw invalid(e);
    }
  }
}
