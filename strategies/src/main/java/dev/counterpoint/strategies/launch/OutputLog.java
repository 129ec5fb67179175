package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The log of a process. It ends at its first error, such as a full disk: a process whose output is
 * not read would wait or end.
 */
final class OutputLog implements AutoCloseable {
  private final Writer file;
  private volatile boolean ended;

  /** Opens a log to append to it. */
  OutputLog(Path file) throws IOException {
    this.file =
        Files.newBufferedWriter(
            file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  void write(String text) {
    if (!ended) {
      try {
        file.write(text);
      } catch (IOException e) {
        ended = true;
      }
    }
  }

  void flush() {
    if (!ended) {
      try {
        file.flush();
      } catch (IOException e) {
        ended = true;
      }
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      // The disk is full.
    }
  }
}
