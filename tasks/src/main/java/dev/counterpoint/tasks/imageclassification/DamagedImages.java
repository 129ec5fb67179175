package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts the damaged images of a source, which are skipped up to a limit. */
final class DamagedImages {
  private final int limit;
  private final List<String> messages = new ArrayList<>();

  DamagedImages(int limit) {
    this.limit = limit;
  }

  @FunctionalInterface
  interface Decoder {
    Pixels decode() throws IOException;
  }

  /**
   * Decodes an image.
   *
   * @return null if it is damaged
   * @throws InvalidSettings if more images are damaged than are skipped
   */
  @Nullable Pixels read(Decoder decoder) throws IOException {
    try {
      return decoder.decode();
    } catch (InvalidSettings e) {
      messages.add(String.valueOf(e.getMessage()));
      if (messages.size() > limit) {
        throw new InvalidSettings(
            "%s To skip damaged images, set data.skipDamaged to the maximum number to skip; it is now %s.",
            e.getMessage(), limit);
      }
      return null;
    }
  }

  /** A note about skipped images, if any. */
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (!messages.isEmpty()) {
      remarks.add(Formats.of("%,d damaged images skipped: %s", messages.size(), messages.get(0)));
    }
    return remarks;
  }
}
