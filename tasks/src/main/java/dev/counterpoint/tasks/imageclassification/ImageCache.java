package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import java.io.IOException;
import java.nio.file.Path;

/** Files of a cache folder of images. */
record ImageCache(Path folder) {
  static final int LABEL_WIDTH = Integer.BYTES;
  static final int INDEX_WIDTH = Integer.BYTES;

  /** The images of a source, unsigned bytes (count, channels, height, width). */
  Path pixels(String source) {
    return folder.resolve(source + ".pixels");
  }

  /** The label ids of a source, (count). */
  Path labels(String source) {
    return folder.resolve(source + ".labels");
  }

  /** The origins of the images of a source, one line each. */
  Path origins(String source) {
    return folder.resolve(source + ".origins");
  }

  /** The positions of the images of a split in its source. */
  Path indices(String split) {
    return folder.resolve(split + ".indices");
  }

  MemoryMappedTokens mappedPixels(String source) throws IOException {
    return new MemoryMappedTokens(pixels(source), Byte.BYTES);
  }
}
