package dev.counterpoint.strategies.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder in a Hadoop file system. A file is copied under a hidden name first; the file that it
 * replaces is renamed, and removed when the new one is complete. A reader finds one or the other,
 * even if the copy is interrupted.
 *
 * @param files the file system
 * @param root the folder
 */
record RemoteFolder(FileSystem files, Path root) {
  private static final Pattern REPLACED = Pattern.compile("\\.(.+)\\.old");

  /** The path of a file or folder; parts of the name are separated by {@code /}. */
  Path path(String name) {
    return name.isEmpty() ? root : new Path(root, name);
  }

  boolean has(String name) throws IOException {
    return files.exists(path(name));
  }

  /**
   * The entries of a folder, by name, including replaced ones whose replacement is missing.
   *
   * @param folder empty for this folder
   */
  Map<String, Path> entries(String folder) throws IOException {
    return entries(path(folder));
  }

  private Map<String, Path> entries(Path folder) throws IOException {
    FileStatus[] all;
    try {
      all = files.listStatus(folder);
    } catch (FileNotFoundException e) {
      return Map.of();
    }
    Map<String, Path> entries = new TreeMap<>();
    List<Path> paths = Arrays.stream(all).map(FileStatus::getPath).toList();
    for (Path path : paths) {
      if (!path.getName().startsWith(".")) {
        entries.put(path.getName(), path);
      }
    }
    for (Path path : paths) {
      Matcher aside = REPLACED.matcher(path.getName());
      if (aside.matches()) {
        entries.putIfAbsent(aside.group(1), path);
      }
    }
    return entries;
  }

  /** Copies a file, or a folder with its content, to the local disk. */
  void download(Path from, java.nio.file.Path to) throws IOException {
    if (files.getFileStatus(from).isDirectory()) {
      Files.createDirectories(to);
      for (Map.Entry<String, Path> entry : entries(from).entrySet()) {
        download(entry.getValue(), to.resolve(entry.getKey()));
      }
    } else {
      Files.createDirectories(to.resolveSibling("."));
      try (InputStream in = files.open(from)) {
        Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /**
   * Copies a local file to this folder, replacing an existing one.
   *
   * @throws NoSuchFileException if the local file does not exist any more
   */
  void upload(java.nio.file.Path from, String name) throws IOException {
    Path fresh = hidden(path(name), ".new");
    copy(from, fresh);
    replace(fresh, path(name));
  }

  /**
   * Copies local files to a folder, replacing an existing folder.
   *
   * @param from in the order in which they are copied
   * @throws NoSuchFileException if a local file does not exist any more; nothing has changed then
   */
  void upload(List<java.nio.file.Path> from, String name) throws IOException {
    Path fresh = hidden(path(name), ".new");
    files.delete(fresh, true);
    files.mkdirs(fresh);
    try {
      for (java.nio.file.Path file : from) {
        copy(file, new Path(fresh, file.getFileName().toString()));
      }
    } catch (NoSuchFileException e) {
      files.delete(fresh, true);
      throw e;
    }
    replace(fresh, path(name));
  }

  private void copy(java.nio.file.Path from, Path to) throws IOException {
    try {
      files.copyFromLocalFile(false, true, new Path(from.toUri()), to);
    } catch (FileNotFoundException e) {
      if (!Files.exists(from)) {
        throw new NoSuchFileException(from.toString());
      }
      throw e;
    }
  }

  private void replace(Path fresh, Path place) throws IOException {
    Path aside = hidden(place, ".old");
    if (files.exists(place)) {
      files.delete(aside, true);
      rename(place, aside);
    }
    rename(fresh, place);
    files.delete(aside, true);
  }

  private void rename(Path from, Path to) throws IOException {
    if (!files.rename(from, to)) {
      throw new IOException("Cannot rename " + from + " to " + to + ".");
    }
  }

  private static Path hidden(Path place, String suffix) {
    return new Path(place.getParent(), "." + place.getName() + suffix);
  }

  /** Deletes a file, or a folder with its content. */
  void delete(Path path) throws IOException {
    files.delete(path, true);
  }
}
