package dev.counterpoint.runner.spark;

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
 * A folder of a task's own, where Spark keeps the files of the job on this executor. What a task
 * leaves there that was killed goes when Spark clears the folders of its jobs away.
 */
record TaskFolder(Path path) implements Closeable {
  static TaskFolder make(int rank) throws IOException {
    Path parent = Path.of(SparkFiles.getRootDirectory()).toAbsolutePath().normalize();
    return new TaskFolder(Files.createTempDirectory(parent, "rank-" + rank + "-"));
  }

  /** A folder within, made where it is not there. */
  Path folder(String name) throws IOException {
    return Files.createDirectories(path.resolve(name));
  }

  /** Takes the bundle of a job apart. */
  void unpack(byte[] bundle) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bundle))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = path.resolve(entry.getName()).normalize();
        if (!file.startsWith(path)) {
          throw new IOException("The bundle has an entry outside of it: " + entry.getName());
        }
        Files.createDirectories(file.resolveSibling("."));
        Files.copy(zip, file);
      }
    }
  }

  /** Copies the user's classes into the run directory, where the run finds them ever after. */
  void putClasses(Path directory) throws IOException {
    Path classes = path.resolve(JobPlan.CLASSPATH);
    if (!Files.isDirectory(classes)) {
      return;
    }
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path place = directory.resolve(path.relativize(file).toString());
        Files.createDirectories(place.resolveSibling("."));
        Path fresh = place.resolveSibling("." + place.getFileName() + ".new");
        Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, place, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Writes the run file as the rank reads it, and returns its path. */
  Path runFile(Path directory) throws IOException {
    Path file = path.resolve(JobPlan.RUN_FILE);
    String place = directory.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    Files.writeString(file, Files.readString(file).replace(JobPlan.RUN_DIRECTORY, place));
    return file;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
