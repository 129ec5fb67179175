package dev.counterpoint.inference;

import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.huggingface.hub.DownloadListener;
import dev.counterpoint.models.huggingface.hub.Hub;
import dev.counterpoint.models.huggingface.hub.HubAccess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** The Hugging Face hub that the environment names, with downloaded models in the cache. */
public final class ModelHub {
  private ModelHub() {}

  /** Whether a name refers to a model on the hub, such as {@code hf:gpt2}. */
  public static boolean names(String name) {
    return name.startsWith(PretrainedFolder.HUB);
  }

  /**
   * Finds the folder of a model.
   *
   * @param name {@code hf:NAME}, whose files are downloaded unless the cache has them; or a path
   * @throws UncheckedIOException if they cannot be downloaded
   */
  public static Path find(String name, DownloadListener listener) {
    if (!names(name)) {
      return Path.of(name);
    }
    try {
      return new Hub(HubAccess.of(System.getenv()), CacheFolder.path().resolve("hub"), listener)
          .folder(name.substring(PretrainedFolder.HUB.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
