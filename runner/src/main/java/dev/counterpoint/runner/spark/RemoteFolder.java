package dev.counterpoint.runner.spark;

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
 * A folder in a file system of Hadoop's. What is put there is copied under a hidden name first;
 * what was in its place is put aside, and removed when the new is in its place. Whoever reads finds
 * the one or the other, wherever a cut falls.
 *
 * @param files the file system
 * @param root the folder
 */
record RemoteFolder(FileSystem files, Path root) {
  private static final Pattern PUT_ASIDE = Pattern.compile("\\.(.+)\\.old");

  /** The path of a name in it; parts of the name are separated by {@code /}. */
  Path path(String name) {
    return name.isEmpty() ? root : new Path(root, name);
  }

  boolean has(String name) throws IOException {
    return files.exists(path(name));
  }

  /**
   * What is in a folder of it, by name: what was put aside, too, where nothing came into its place.
   *
   * @param folder empty for this one
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
      Matcher aside = PUT_ASIDE.matcher(path.getName());
      if (aside.matches()) {
        entries.putIfAbsent(aside.group(1), path);
      }
    }
    return entries;
  }

  /** Copies a file, or a folder with all that is in it. */
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
   * Puts a file into its place.
   *
   * @throws NoSuchFileException where it is not here any more
   */
  void upload(java.nio.file.Path from, String name) throws IOException {
    Path fresh = hidden(path(name), ".new");
    copy(from, fresh);
    replace(fresh, path(name));
  }

  /**
   * Puts a folder of files into its place.
   *
   * @param from in the order in which they are to be copied
   * @throws NoSuchFileException where one is not here any more; nothing has changed then
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

  /** Removes something with all that is in it. */
  void delete(Path path) throws IOException {
    files.delete(path, true);
  }
}
