package dev.counterpoint.tasks.tabular;

import dev.counterpoint.tasks.internal.cache.NumberFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Files of one split in a cache folder: the cells of all rows, 4 bytes each, and the line numbers
 * in the source file. A row has its features (float32), its ids, its target (a class, or float32
 * numbers) and, if the rows are weighted, its weight (float32).
 */
record RowFiles(Path folder, String split) {
  static final int CELL_WIDTH = Integer.BYTES;
  static final int LINE_WIDTH = Long.BYTES;

  Path cells() {
    return folder.resolve(split + ".cells");
  }

  Path lines() {
    return folder.resolve(split + ".lines");
  }

  /** Writes the files of a split. */
  static final class Writer implements AutoCloseable {
    private final NumberFile cells;
    private final NumberFile lines;

    Writer(RowFiles files) throws IOException {
      cells = new NumberFile(files.cells(), CELL_WIDTH);
      lines = new NumberFile(files.lines(), LINE_WIDTH);
    }

    void addLine(long line) throws IOException {
      lines.put(line);
    }

    void add(float[] values) throws IOException {
      for (float value : values) {
        cells.put(Float.floatToRawIntBits(value));
      }
    }

    void add(int[] ids) throws IOException {
      for (int id : ids) {
        cells.put(id);
      }
    }

    /** Syncs the files to disk and adds the cells to the digest. */
    void finish(MessageDigest digest) throws IOException {
      digest.update(cells.finish());
      lines.finish();
    }

    @Override
    public void close() throws IOException {
      cells.close();
      lines.close();
    }
  }
}
