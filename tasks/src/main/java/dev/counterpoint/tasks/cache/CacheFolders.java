package dev.counterpoint.tasks.cache;

import dev.counterpoint.core.storage.DiskSync;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Folders that are made once and whole: each is written beside its place, forced onto the disk, and
 * renamed into its place, so that neither a crash nor a second process leaves half of one. One that
 * was damaged since is made anew; {@link FolderManifest} says what damage is found.
 */
public final class CacheFolders {
  private static final String DRAFT = ".draft-";

  /** Nothing is in the making for longer. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private CacheFolders() {}

  /** Writes what a folder is to hold: files, but no folders. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Makes a folder, unless it is there and whole. What processes that were ended long ago have left
   * beside it is removed.
   */
  public static void fill(Path folder, Content content) throws IOException {
    if (FolderManifest.isUnbroken(folder)) {
      return;
    }
    Path draft = folder.resolveSibling(folder.getFileName() + DRAFT + UUID.randomUUID());
    Files.createDirectories(draft);
    Path cache = folder.resolveSibling("");
    deleteOldDrafts(cache);
    try {
      content.writeTo(draft);
      FolderManifest.write(draft);
      force(draft);
      publish(draft, folder);
      DiskSync.ofDirectory(cache);
    } finally {
      delete(draft);
    }
  }

  private static void force(Path draft) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(draft)) {
      files = found.toList();
    }
    for (Path file : files) {
      DiskSync.ofFile(file);
    }
    DiskSync.ofDirectory(draft);
  }

  private static void publish(Path draft, Path folder) throws IOException {
    try {
      Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (FolderManifest.isUnbroken(folder)) {
        return; // Another process was faster, with the same content.
      }
      delete(folder);
      Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void deleteOldDrafts(Path cache) throws IOException {
    List<Path> drafts;
    try (Stream<Path> found = Files.list(cache)) {
      drafts = found.filter(it -> it.getFileName().toString().contains(DRAFT)).toList();
    }
    Instant old = Instant.now().minus(LONGEST);
    for (Path draft : drafts) {
      if (isBefore(old, draft)) {
        delete(draft);
      }
    }
  }

  private static boolean isBefore(Instant time, Path draft) throws IOException {
    try {
      return Files.getLastModifiedTime(draft).toInstant().isBefore(time);
    } catch (NoSuchFileException e) {
      return false; // Its process, or another one that cleans up, was faster.
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> found = Files.walk(folder)) {
      files = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
