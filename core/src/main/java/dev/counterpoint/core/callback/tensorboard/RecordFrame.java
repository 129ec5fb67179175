package dev.counterpoint.core.callback.tensorboard;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a record lies in a file of TensorFlow's record format ("TFRecord"): its length in 8 bytes,
 * the checksum of those 8 in 4, its bytes, and their checksum in 4, all little-endian. A checksum
 * is a CRC-32C, turned right by 15 bits and added to {@code 0xa282ead8}.
 */
final class RecordFrame {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int HEADER = Long.BYTES + Integer.BYTES;

  private RecordFrame() {}

  /** The bytes that a record takes in the file. */
  static long size(long length) {
    return HEADER + length + Integer.BYTES;
  }

  /** A record as it lies in the file. */
  static byte[] of(byte[] record) {
    byte[] frame = new byte[Math.toIntExact(size(record.length))];
    ByteBuffer place = littleEndian(frame);
    place.putLong(record.length);
    place.putInt(checksum(frame, 0, Long.BYTES));
    place.put(record);
    place.putInt(checksum(record, 0, record.length));
    return frame;
  }

  /**
   * The next record; null where the file ends, or what is left of it is no whole record.
   *
   * @param left bytes that the file has from here
   */
  static byte @Nullable [] read(DataInputStream file, long left) throws IOException {
    if (left < size(0)) {
      return null;
    }
    byte[] header = file.readNBytes(HEADER);
    ByteBuffer numbers = littleEndian(header);
    long length = numbers.getLong();
    boolean whole =
        numbers.getInt() == checksum(header, 0, Long.BYTES)
            && length >= 0
            && length <= left - size(0);
    if (!whole) {
      return null;
    }
    byte[] record = file.readNBytes(Math.toIntExact(length));
    int found = littleEndian(file.readNBytes(Integer.BYTES)).getInt();
    return found == checksum(record, 0, record.length) ? record : null;
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
