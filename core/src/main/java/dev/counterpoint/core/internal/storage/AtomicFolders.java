package dev.counterpoint.core.internal.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Atomically published folders in a directory: after a crash at any time, each folder name refers
 * to a complete folder or does not exist. A folder is written under a hidden name, flushed to disk
 * and then renamed.
 *
 * <p>Hidden names: {@code .NAME.new} is being written, {@code .NAME.old} is being replaced, {@code
 * .NAME.gone} is being deleted.
 */
public final class AtomicFolders {
  /** The suffix of a folder that is being written. */
  public static final String NEW = ".new";

  /** The suffix of a folder that is being replaced. */
  public static final String OLD = ".old";

  private static final String GONE = ".gone";

  private final Path directory;
  private final Pattern hidden;
  private final Disk disk;

  /**
   * The folders of a directory.
   *
   * @param names matches the names of the folders; other entries of the directory are not modified
   */
  public AtomicFolders(Path directory, Pattern names, Disk disk) {
    this.directory = directory;
    this.hidden = Pattern.compile("\\.(" + names.pattern() + ")(\\.new|\\.old|\\.gone)");
    this.disk = disk;
  }

  /** The names of all entries, including hidden ones; empty if the directory does not exist. */
  public List<String> names() throws IOException {
    return FolderEntries.of(directory).stream().map(it -> it.getFileName().toString()).toList();
  }

  /** The hidden name of a folder, with suffix {@link #NEW} or {@link #OLD}. */
  public static String hidden(String name, String kind) {
    return "." + name + kind;
  }

  /**
   * Writes a folder, replacing an existing one; if this fails, the existing folder is kept.
   *
   * @param content creates and fills a folder that does not exist yet
   */
  public void publish(String name, AtomicFile.Content content) throws IOException {
    Path target = directory.resolve(name);
    Path temporary = directory.resolve(hidden(name, NEW));
    Path old = directory.resolve(hidden(name, OLD));
    try {
      disk.delete(temporary);
      content.writeTo(temporary);
      if (Files.exists(target)) {
        disk.delete(old);
        disk.rename(target, old);
      }
      disk.rename(temporary, target);
      disk.force(directory);
      disk.delete(old);
    } catch (IOException | RuntimeException e) {
      undo(temporary, target, old, e);
      throw e;
    }
  }

  private void undo(Path temporary, Path target, Path old, Exception cause) {
    try {
      if (!Files.exists(target) && Files.exists(old)) {
        disk.rename(old, target);
      }
      disk.delete(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** Deletes a folder; after a crash it is either complete or no longer exists under its name. */
  public void remove(String name) throws IOException {
    Path gone = directory.resolve(hidden(name, GONE));
    disk.delete(gone);
    disk.rename(directory.resolve(name), gone);
    disk.delete(gone);
  }

  /** Deletes the leftovers of a crash and restores a folder whose replacement was interrupted. */
  public void recover() throws IOException {
    for (String name : names()) {
      Matcher matcher = hidden.matcher(name);
      if (matcher.matches()) {
        recover(directory.resolve(name), directory.resolve(matcher.group(1)));
      }
    }
  }

  private void recover(Path leftover, Path target) throws IOException {
    if (leftover.toString().endsWith(OLD) && !Files.exists(target)) {
      disk.rename(leftover, target);
    } else {
      disk.delete(leftover);
    }
  }
}
