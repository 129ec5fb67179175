package dev.counterpoint.serving.registry.sql;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.serving.internal.sql.PostgreSqlSource;
import dev.counterpoint.serving.registry.FolderRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A registry for several machines: its journal is in a PostgreSQL database, the content of its
 * versions in a folder that all machines share.
 *
 * @param url the JDBC URL, such as {@code jdbc:postgresql://localhost/models}; without a password
 * @param properties properties of the connections, such as {@code user} and {@code password}
 * @param folder the folder with the content of the versions
 */
public record PostgreSqlRegistry(String url, Map<String, String> properties, String folder) {
  private static final int TIMEOUT_SECONDS = 10;

  public PostgreSqlRegistry {
    properties = Map.copyOf(properties);
    new PostgreSqlSource(url, properties).check(new Checks()).verify();
  }

  /** No properties; URL and folder have no default. */
  public static PostgreSqlRegistry defaults() {
    return RecordCopy.of(PostgreSqlRegistry.class, Map.of("properties", Map.of()));
  }

  /**
   * Opens the registry; creates its tables if they do not exist.
   *
   * @param base the folder is relative to it
   * @param user who changes the registry, for the journal
   * @throws IOException if the database does not answer
   */
  public FolderRegistry open(Path base, String user) throws IOException {
    PostgreSqlSource database = new PostgreSqlSource(url, properties);
    PGSimpleDataSource source =
        database.dataSource(
            it -> {
              it.setConnectTimeout(TIMEOUT_SECONDS);
              it.setSocketTimeout(TIMEOUT_SECONDS); // while it logs in
              it.setTcpKeepAlive(true);
            });
    PostgreSqlJournal journal = new PostgreSqlJournal(database.name(), source);
    return new FolderRegistry(base.resolve(folder), journal, user);
  }

  @Override
  public String toString() {
    return "PostgreSqlRegistry " + new PostgreSqlSource(url, properties).name();
  }
}
