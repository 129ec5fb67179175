package dev.counterpoint.runner.report;

import dev.counterpoint.inference.ModelHub;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** Resolves {@code hf:} models and prints the progress of downloads to standard error. */
public final class HubDownload {
  private HubDownload() {}

  /**
   * Returns the local folder of a model, downloading it if needed.
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
