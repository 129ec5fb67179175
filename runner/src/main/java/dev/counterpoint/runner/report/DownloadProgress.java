package dev.counterpoint.runner.report;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.inference.ModelHub;
import dev.counterpoint.models.internal.hub.DownloadListener;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;

/**
 * Prints the progress of downloads: a status line on a terminal, otherwise a line per tenth of each
 * file over 5 MB.
 */
public final class DownloadProgress implements DownloadListener, AutoCloseable {
  private static final long MIN_BYTES_FOR_LINES = 5_000_000;
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int PARTS = 10;

  private final Console console;
  private String file = "";
  private long firstBytes;
  private long firstNanos;
  private long shownNanos;
  private long shownPart;

  public DownloadProgress(Console console) {
    this.console = console;
  }

  /**
   * The local folder of a model, which is downloaded if needed, with progress on standard error.
   *
   * @param name {@code hf:NAME}, or a path
   * @throws java.io.UncheckedIOException if the download fails
   */
  public static Path findModel(String name) {
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    try (Console console = Console.of(err, err);
        DownloadProgress progress = new DownloadProgress(console)) {
      return ModelHub.find(name, progress);
    }
  }

  @Override
  public void log(String line) {
    console.log(line);
  }

  @Override
  public synchronized void received(String name, long bytes, long total) {
    long now = System.nanoTime();
    if (!name.equals(file)) {
      file = name;
      firstBytes = bytes;
      firstNanos = now;
      shownNanos = 0;
      shownPart = total > 0 ? bytes * PARTS / total : 0;
    }
    if (console.terminal() && now - shownNanos > REDRAW_NANOS) {
      shownNanos = now;
      String line = line(bytes, total, now);
      console.status(line.substring(0, Math.min(line.length(), console.statusWidth())));
    } else if (!console.terminal()
        && total > MIN_BYTES_FOR_LINES
        && bytes * PARTS / total > shownPart) {
      shownPart = bytes * PARTS / total;
      console.log(line(bytes, total, now));
    }
  }

  private String line(long bytes, long total, long now) {
    double speed = (bytes - firstBytes) / Math.max(1e-3, (now - firstNanos) * 1e-9);
    String share =
        total > 0 ? Formats.of(" of %.1f MB (%d %%)", total / 1e6, 100 * bytes / total) : " MB";
    String left =
        total > 0 && speed > 0 ? ", " + Formats.duration((total - bytes) / speed) + " left" : "";
    return Formats.of("%s: %.1f%s, %.1f MB/s%s", file, bytes / 1e6, share, speed / 1e6, left);
  }

  @Override
  public void close() {
    console.status("");
  }
}
