package dev.counterpoint.serving.feature.sql;

import com.zaxxer.hikari.HikariConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Features in a SQLite database in a folder, for the processes of one machine. It has the features
 * of all times.
 *
 * @param folder the folder of the database
 * @param timeoutMillis the time after which a lookup fails
 */
public record EmbeddedStore(String folder, int timeoutMillis) implements FeatureStoreConfig {
  private static final int THREADS = 2;
  private static final int QUEUE = 1_024;

  /** How long a process waits while another process writes. */
  private static final Duration BUSY = Duration.ofSeconds(30);

  public EmbeddedStore {
    new Checks().within("timeoutMillis", timeoutMillis, 1, 60_000).verify();
  }

  /** Folder {@code features}, timeout 500 ms. */
  public static EmbeddedStore defaults() {
    return new EmbeddedStore("features", 500);
  }

  @Override
  public FeatureStore open(Path base) throws IOException {
    Path directory = base.resolve(folder);
    if (!Files.isDirectory(directory)) {
      FileAccess.createPrivateFolder(directory);
    }
    Path file = directory.resolve("features.sqlite");
    if (Files.notExists(file)) {
      FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              FileAccess.creating(FileAccess.PRIVATE_FILE))
          .close();
    }
    Sqlite.useCache();
    SQLiteConfig settings = new SQLiteConfig();
    settings.setJournalMode(SQLiteConfig.JournalMode.WAL); // Readers do not wait for a writer.
    settings.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    settings.setBusyTimeout((int) BUSY.toMillis());
    SQLiteDataSource source = new SQLiteDataSource(settings);
    source.setUrl("jdbc:sqlite:" + file);
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("features");
    pool.setDataSource(source);
    pool.setMaximumPoolSize(THREADS + 1); // and a writer
    pool.setMinimumIdle(1);
    String name = file.toString();
    return new SqlFeatureStore(
        name,
        pool,
        new Sqlite(),
        new Lookups(name, Duration.ofMillis(timeoutMillis), THREADS, QUEUE));
  }
}
