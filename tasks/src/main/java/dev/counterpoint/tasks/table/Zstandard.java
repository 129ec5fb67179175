package dev.counterpoint.tasks.table;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.util.Native;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
import java.io.IOException;
import java.io.InputStream;

/** Decoder of Zstandard files. Its library is unpacked below the cache for each process. */
final class Zstandard {
  private Zstandard() {}

  static InputStream open(InputStream file) throws IOException {
    if (!Native.isLoaded()) {
      Native.load(FileAccess.createPrivateFolder(CacheFolder.path().resolve("zstandard")).toFile());
    }
    return new ZstdInputStreamNoFinalizer(file);
  }
}
