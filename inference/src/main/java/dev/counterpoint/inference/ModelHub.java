package dev.counterpoint.inference;

import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.internal.hub.DownloadListener;
import dev.counterpoint.models.internal.hub.Hub;
import dev.counterpoint.models.internal.hub.HubAccess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Models of the Hugging Face hub, which environment variables configure; cached after download. */
public final class ModelHub {
  private ModelHub() {}

  /** Whether a name refers to a model on the hub, such as {@code hf:gpt2}. */
  public static boolean names(String name) {
    return name.startsWith(PretrainedFolder.HUB);
  }

  /**
   * The local folder of a model, downloaded if necessary.
   *
   * @param name {@code hf:NAME} for a model on the hub, whose files are downloaded unless they are
   *     cached; or a path, which is returned unchanged
   * @throws UncheckedIOException if the files cannot be downloaded
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
