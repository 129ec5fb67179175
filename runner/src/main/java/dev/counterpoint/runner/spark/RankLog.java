package dev.counterpoint.runner.spark;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** All that a rank says: in {@code logs/} of the run directory, as where there is no cluster. */
final class RankLog implements Closeable {
  private final PrintWriter file;

  private RankLog(PrintWriter file) {
    this.file = file;
  }

  /** Its place in a run directory. */
  static String name(int rank) {
    return String.format(Locale.ROOT, "logs/rank-%04d.log", rank);
  }

  /** Opens it behind what earlier attempts have said. */
  static RankLog open(Path directory, RankId id) throws IOException {
    Path log = directory.resolve(name(id.rank()));
    Files.createDirectories(log.resolveSibling("."));
    PrintWriter file =
        new PrintWriter(
            Files.newBufferedWriter(
                log, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    RankLog opened = new RankLog(file);
    opened.add("--- " + id + ", attempt " + (id.attempt() + 1));
    return opened;
  }

  synchronized void add(String line) {
    file.println(line);
    file.flush();
  }

  @Override
  public synchronized void close() {
    file.close();
  }
}
