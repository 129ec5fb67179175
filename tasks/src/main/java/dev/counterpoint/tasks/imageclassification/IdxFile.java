package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reader of an IDX file of unsigned bytes, the format of MNIST (LeCun, Cortes and Burges 1998):
 * sizes as big-endian int32, then the values. The file may be compressed with gzip.
 */
final class IdxFile implements Closeable {
  private static final int UNSIGNED_BYTES = 0x0800;

  private final Path path;
  private final DataInputStream input;
  private final int count;
  private final int height;
  private final int width;
  private int read;

  /**
   * Opens a file.
   *
   * @param dimensions 1 for labels, 3 for images (count, height, width)
   * @throws InvalidSettings if the file has another format
   */
  IdxFile(Path path, int dimensions) throws IOException {
    this.path = path;
    InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    InputStream opened = file;
    try {
      boolean isGzipped = path.toString().toLowerCase(Locale.ROOT).endsWith(".gz");
      opened = isGzipped ? new GZIPInputStream(file, 1 << 16) : file;
      input = new DataInputStream(opened);
      int magic = input.readInt();
      if (magic != (UNSIGNED_BYTES | dimensions)) {
        throw new InvalidSettings(
            "%s begins with %s; an IDX file of %s begins with %s.",
            path,
            Formats.of("%08x", magic),
            dimensions == 1 ? "labels" : "images",
            Formats.of("%08x", UNSIGNED_BYTES | dimensions));
      }
      count = input.readInt();
      height = dimensions == 1 ? 1 : input.readInt();
      width = dimensions == 1 ? 1 : input.readInt();
      int largest = Math.max(height, width);
      if (count < 0 || Math.min(height, width) < 1 || largest > ImageSpec.MAX_SIZE) {
        throw new InvalidSettings(
            "%s has %s images of %s x %s pixels; sizes must be from 1 to %s.",
            path, count, height, width, ImageSpec.MAX_SIZE);
      }
    } catch (EOFException | ZipException e) {
      file.close();
      throw new InvalidSettings("%s is not a complete IDX file: it has no header.", path);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** The number of items that the header declares. */
  int count() {
    return count;
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  /**
   * Reads the next item; the header declares the number of items.
   *
   * @throws InvalidSettings if the file ends before it, or continues after the last item
   */
  byte[] next() throws IOException {
    byte[] item = new byte[height * width];
    try {
      input.readFully(item);
      read++;
      if (read == count && input.read() >= 0) {
        throw new InvalidSettings(
            "%s continues after the %s items that its header declares.", path, count);
      }
    } catch (EOFException | ZipException e) {
      throw new InvalidSettings(
          "%s is cut short: it has %s of the %s items that its header declares.",
          path, read, count);
    }
    return item;
  }

  @Override
  public void close() throws IOException {
    input.close();
  }
}
