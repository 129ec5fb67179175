package dev.counterpoint.runner.report;

import dev.counterpoint.inference.ModelHub;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** Finds models on the hub and prints the progress of their download to standard error. */
public final class HubDownload {
  private HubDownload() {}

  /**
   * Finds the folder of a model.
   *
   * @param name {@code hf:NAME}, or a path
   * @throws java.io.UncheckedIOException if the download fails
   */
  public static Path find(String name) {
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    try (Console console = Console.of(err, err);
        DownloadProgress progress = new DownloadProgress(console)) {
      return ModelHub.find(name, progress);
    }
  }
}
