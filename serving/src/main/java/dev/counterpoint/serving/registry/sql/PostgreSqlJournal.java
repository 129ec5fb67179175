package dev.counterpoint.serving.registry.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.RegistryConflict;
import dev.counterpoint.serving.internal.sql.Migrations;
import dev.counterpoint.serving.registry.RegistryEvent;
import dev.counterpoint.serving.registry.RegistryJournal;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.util.PSQLState;

/**
 * The journal of a registry in a PostgreSQL database, for processes of several machines. A change
 * is one transaction, which holds an advisory lock.
 */
final class PostgreSqlJournal implements RegistryJournal {
  private static final Migrations MIGRATIONS =
      new Migrations(
          "registry_migrations", PostgreSqlJournal.class, List.of("1-registry-events.sql"));

  /** The number of the advisory lock of changes: "registry" in ASCII. */
  private static final long LOCK = 0x7265676973747279L;

  private static final long MIGRATION_LOCK = LOCK + 1;

  /** The maximum wait for a change of another process. */
  private static final Duration WAIT = Duration.ofMinutes(1);

  /** The timeout of a statement that does not wait for another process. */
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final String name;
  private final DataSource source;

  /** Work with a connection. */
  private interface Work<T> {
    T run(Connection connection) throws SQLException, IOException;
  }

  /**
   * Creates the tables if they do not exist.
   *
   * @param name names the database in messages
   * @throws IOException if the database does not answer
   */
  PostgreSqlJournal(String name, DataSource source) throws IOException {
    this.name = name;
    this.source = source;
    with(
        ANSWER,
        connection -> {
          connection.setAutoCommit(false);
          execute(connection, "SELECT pg_advisory_xact_lock(" + MIGRATION_LOCK + ")");
          MIGRATIONS.run(connection);
          connection.commit();
          return true;
        });
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<RegistryEvent> events() throws IOException {
    return with(ANSWER, this::events);
  }

  private List<RegistryEvent> events(Connection connection) throws SQLException {
    List<RegistryEvent> events = new ArrayList<>();
    try (Statement select = connection.createStatement();
        ResultSet found =
            select.executeQuery("SELECT number, event FROM registry_events ORDER BY number")) {
      while (found.next()) {
        if (found.getLong(1) != events.size() + 1) {
          throw new InvalidSettings(
              "The registry in %s cannot be read: event %s is missing.", name, events.size() + 1);
        }
        events.add(Json.MAPPER.readValue(found.getString(2), RegistryEvent.class));
      }
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          "The registry in %s cannot be read: event %s is invalid.", name, events.size() + 1);
    }
    return events;
  }

  @Override
  public <T> T exclusively(Exclusive<T> work) throws IOException {
    return with(
        WAIT.plus(ANSWER),
        connection -> {
          connection.setAutoCommit(false);
          execute(connection, "SET LOCAL lock_timeout = " + WAIT.toMillis());
          execute(connection, "SELECT pg_advisory_xact_lock(" + LOCK + ")");
          T result = work.run(new Locked(connection));
          connection.commit();
          return result;
        });
  }

  /** Appends with the connection that holds the lock. */
  private final class Locked implements Appender {
    private final Connection connection;
    private int last; // number of an event that was read or appended

    Locked(Connection connection) {
      this.connection = connection;
    }

    @Override
    public List<RegistryEvent> events() throws IOException {
      try {
        List<RegistryEvent> events = PostgreSqlJournal.this.events(connection);
        last = events.size();
        return events;
      } catch (SQLException e) {
        throw failure(e);
      }
    }

    @Override
    public void append(RegistryEvent event) throws IOException {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO registry_events (number, event) VALUES (?, ?)")) {
        insert.setLong(1, ++last);
        insert.setString(2, Json.MAPPER.writeValueAsString(event));
        insert.executeUpdate();
      } catch (SQLException e) {
        if (PSQLState.UNIQUE_VIOLATION.getState().equals(e.getSQLState())) {
          throw new RegistryConflict(
              "The registry in %s was changed by another process at the same time. Try again."
                  .formatted(name));
        }
        throw failure(e);
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Runs work with a connection; the limit is the timeout of each statement. */
  private <T> T with(Duration limit, Work<T> work) throws IOException {
    try (Connection connection = source.getConnection()) {
      connection.setNetworkTimeout(Runnable::run, Math.toIntExact(limit.toMillis()));
      return work.run(connection);
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  private IOException failure(SQLException e) {
    return new IOException(
        "The registry in "
            + name
            + " is not available: "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
        e);
  }
}
