package dev.counterpoint.strategies.spark;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.spark.SparkFiles;

/**
 * A private folder of a task, next to the files of the job on this executor. Spark deletes what a
 * killed task leaves there with the other files of the job.
 */
public record TaskFolder(Path path) implements Closeable {
  /**
   * Creates a folder.
   *
   * @param name the beginning of its name
   */
  public static TaskFolder create(String name) throws IOException {
    Path parent = Path.of(SparkFiles.getRootDirectory()).toAbsolutePath().normalize();
    return new TaskFolder(Files.createTempDirectory(parent, name + "-"));
  }

  /** A subfolder, which is created if it does not exist. */
  public Path folder(String name) throws IOException {
    return Files.createDirectories(path.resolve(name));
  }

  /** Extracts the bundle of a job. */
  void extract(byte[] bundle) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bundle))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = path.resolve(entry.getName()).normalize();
        if (!file.startsWith(path)) {
          throw new IOException(
              "The bundle contains a path outside of its folder: " + entry.getName());
        }
        Files.createDirectories(file.resolveSibling("."));
        Files.copy(zip, file);
      }
    }
  }

  /** Copies the user's classes into the run directory, where later commands find them. */
  void putClasses(Path directory) throws IOException {
    Path classes = path.resolve(JobPlan.CLASSPATH);
    if (!Files.isDirectory(classes)) {
      return;
    }
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = directory.resolve(path.relativize(file).toString());
        Files.createDirectories(target.resolveSibling("."));
        Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
        Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Writes the run file of the rank, and returns its path. */
  Path runFile(Path directory) throws IOException {
    Path file = path.resolve(JobPlan.RUN_FILE);
    String text = directory.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    Files.writeString(file, Files.readString(file).replace(JobPlan.RUN_DIRECTORY, text));
    return file;
  }

  @Override
  public void close() throws IOException {
    delete(path);
  }

  /** Deletes a folder with its content, if it exists. */
  public static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
