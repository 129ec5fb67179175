package dev.counterpoint.core.storage;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Folders in a directory, each of which is whole or absent under its own name, wherever a crash
 * falls: written under a hidden name, forced to the disk, then renamed.
 *
 * <p>The hidden names: {@code .NAME.new} is being written, {@code .NAME.old} has made room for its
 * successor, {@code .NAME.gone} is being deleted.
 */
public final class AtomicFolders {
  public static final String NEW = ".new";
  public static final String OLD = ".old";
  private static final String GONE = ".gone";

  private final Path directory;
  private final Pattern hidden;
  private final Disk disk;

  /**
   * @param names what the folders' names look like: nothing else in the directory is touched
   */
  public AtomicFolders(Path directory, Pattern names, Disk disk) {
    this.directory = directory;
    this.hidden = Pattern.compile("\\.(" + names.pattern() + ")(\\.new|\\.old|\\.gone)");
    this.disk = disk;
  }

  /** Fills a folder that does not exist yet. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path folder) throws IOException;
  }

  /** The names of all entries, hidden ones too; none where there is no directory. */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    if (!Files.exists(directory)) {
      return names;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  public static String hidden(String name, String kind) {
    return "." + name + kind;
  }

  /** Puts a folder in place, instead of one that is there; a failure leaves that one. */
  public void publish(String name, Content content) throws IOException {
    Path place = directory.resolve(name);
    Path fresh = directory.resolve(hidden(name, NEW));
    Path old = directory.resolve(hidden(name, OLD));
    try {
      disk.delete(fresh);
      content.writeTo(fresh);
      if (Files.exists(place)) {
        disk.delete(old);
        disk.rename(place, old);
      }
      disk.rename(fresh, place);
      disk.force(directory);
      disk.delete(old);
    } catch (IOException | RuntimeException e) {
      undo(fresh, place, old, e);
      throw e;
    }
  }

  private void undo(Path fresh, Path place, Path old, Exception cause) {
    try {
      if (!Files.exists(place) && Files.exists(old)) {
        disk.rename(old, place);
      }
      disk.delete(fresh);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** Removes a folder; cut off by a crash, it is gone under its own name or still whole. */
  public void remove(String name) throws IOException {
    Path gone = directory.resolve(hidden(name, GONE));
    disk.delete(gone);
    disk.rename(directory.resolve(name), gone);
    disk.delete(gone);
  }

  /** Clears away what a crash left, and puts back what it found between two names. */
  public void recover() throws IOException {
    for (String name : names()) {
      Matcher matcher = hidden.matcher(name);
      if (matcher.matches()) {
        recover(directory.resolve(name), directory.resolve(matcher.group(1)));
      }
    }
  }

  private void recover(Path leftover, Path place) throws IOException {
    if (leftover.toString().endsWith(OLD) && !Files.exists(place)) {
      disk.rename(leftover, place);
    } else {
      disk.delete(leftover);
    }
  }
}
