package dev.counterpoint.tasks.internal.cache;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.DiskSync;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * Creates cache folders atomically. Each folder is written to a temporary folder next to its
 * destination, synced to disk, and renamed, so that neither a crash nor a concurrent process leaves
 * an incomplete folder. A damaged folder is recreated; {@link FolderManifest} defines which damage
 * is detected.
 */
public final class CacheFolders {
  /** Infix of the names of temporary files and folders. */
  public static final String TEMPORARY = ".draft-";

  /** Age above which temporary folders are abandoned and deleted. */
  private static final Duration MAX_AGE = Duration.ofDays(1);

  private static final String CONTENT = "content.json";

  private CacheFolders() {}

  /**
   * Creates a folder unless it already exists and is intact. Temporary folders that processes
   * abandoned more than a day ago are deleted.
   *
   * @throws InvalidSettings if the cache folder cannot be written
   */
  public static void createIfAbsent(Path folder, AtomicFile.Content content) throws IOException {
    Path temporary = folder.resolveSibling(folder.getFileName() + TEMPORARY + UUID.randomUUID());
    try {
      if (!FolderManifest.isIntact(folder)) {
        create(folder, temporary, content);
      }
    } catch (IOException e) {
      Path file =
          Path.of(e instanceof FileSystemException it && it.getFile() != null ? it.getFile() : "");
      boolean inCache =
          folder.startsWith(file) || file.startsWith(folder) || file.startsWith(temporary);
      if (inCache || String.valueOf(e.getMessage()).matches("No space left.*|.*quota exceeded.*")) {
        throw new InvalidSettings(IoFailure.ofCache(e));
      }
      throw e;
    }
  }

  /** Writes the files of a folder and returns their description. */
  @FunctionalInterface
  public interface Builder<T> {
    T build(Path folder) throws IOException;
  }

  /** Returns the description of a folder, which is created as by {@link #createIfAbsent}. */
  public static <T> T describe(Path folder, Class<T> type, Builder<T> builder) throws IOException {
    createIfAbsent(
        folder,
        it -> Files.write(it.resolve(CONTENT), Json.MAPPER.writeValueAsBytes(builder.build(it))));
    return Json.MAPPER.readValue(folder.resolve(CONTENT).toFile(), type);
  }

  private static void create(Path folder, Path temporary, AtomicFile.Content content)
      throws IOException {
    FileAccess.createPrivateFolder(temporary);
    Path cache = folder.resolveSibling("");
    deleteAbandoned(cache);
    try {
      content.writeTo(temporary);
      FolderManifest.write(temporary);
      sync(temporary);
      publish(temporary, folder);
      DiskSync.ofDirectory(cache);
    } finally {
      new LocalDisk().delete(temporary);
    }
  }

  private static void sync(Path temporary) throws IOException {
    for (Path file : FolderEntries.of(temporary)) {
      FileAccess.makeFilePrivate(file);
      DiskSync.ofFile(file);
    }
    DiskSync.ofDirectory(temporary);
  }

  private static void publish(Path temporary, Path folder) throws IOException {
    try {
      Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (FolderManifest.isIntact(folder)) {
        return; // A concurrent process has published the same content.
      }
      new LocalDisk().delete(folder);
      Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void deleteAbandoned(Path cache) throws IOException {
    Instant limit = Instant.now().minus(MAX_AGE);
    for (Path entry : FolderEntries.of(cache)) {
      if (entry.getFileName().toString().contains(TEMPORARY) && isBefore(limit, entry)) {
        new LocalDisk().delete(entry);
      }
    }
  }

  private static boolean isBefore(Instant time, Path temporary) throws IOException {
    try {
      for (Path file : FolderEntries.of(temporary)) { // Writing to it does not change its folder.
        if (!isBefore(time, file)) {
          return false;
        }
      }
      return Files.getLastModifiedTime(temporary).toInstant().isBefore(time);
    } catch (NoSuchFileException e) {
      return false; // Already removed by its own or another process.
    }
  }
}
