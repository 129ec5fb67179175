package dev.counterpoint.inference;

import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.huggingface.hub.Hub;
import dev.counterpoint.models.huggingface.hub.HubAccess;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.DownloadProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** The hub as the environment names it, with its models in the cache. */
public final class ModelHub {
  private ModelHub() {}

  /** Whether a name is of a model on the hub, as {@code hf:gpt2}. */
  public static boolean names(String name) {
    return name.startsWith(PretrainedFolder.HUB);
  }

  /**
   * The folder of a model.
   *
   * @param name {@code hf:NAME}, whose files are fetched if they are not in the cache; or a path
   * @throws UncheckedIOException where they cannot be fetched
   */
  public static Path find(String name) {
    if (!names(name)) {
      return Path.of(name);
    }
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    try (Console console = Console.of(err, err);
        DownloadProgress progress = new DownloadProgress(console)) {
      return new Hub(HubAccess.of(System.getenv()), CacheFolder.path().resolve("hub"), progress)
          .folder(name.substring(PretrainedFolder.HUB.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
