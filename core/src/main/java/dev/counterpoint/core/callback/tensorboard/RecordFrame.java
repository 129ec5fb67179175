package dev.counterpoint.core.callback.tensorboard;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes records in TensorFlow's record format (TFRecord): the length (8 bytes), the
 * checksum of these 8 bytes (4 bytes), the data, and the checksum of the data (4 bytes), all
 * little-endian. A checksum is a CRC-32C, rotated right by 15 bits, plus {@code 0xa282ead8}.
 */
final class RecordFrame {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int HEADER = Long.BYTES + Integer.BYTES;

  private RecordFrame() {}

  /**
   * The size of a record in the file, in bytes.
   *
   * @param length the size of its data, in bytes
   */
  static long size(long length) {
    return HEADER + length + Integer.BYTES;
  }

  /** Encodes the data of a record. */
  static byte[] of(byte[] record) {
    byte[] frame = new byte[Math.toIntExact(size(record.length))];
    ByteBuffer buffer = littleEndian(frame);
    buffer.putLong(record.length);
    buffer.putInt(checksum(frame, 0, Long.BYTES));
    buffer.put(record);
    buffer.putInt(checksum(record, 0, record.length));
    return frame;
  }

  /**
   * Reads the data of the next record.
   *
   * @param remaining the number of bytes from here to the end of the file
   * @return null at the end of the file, or if the next record is incomplete or damaged
   */
  static byte @Nullable [] read(DataInputStream file, long remaining) throws IOException {
    if (remaining < size(0)) {
      return null;
    }
    byte[] header = file.readNBytes(HEADER);
    ByteBuffer headerBuffer = littleEndian(header);
    long length = headerBuffer.getLong();
    boolean valid =
        headerBuffer.getInt() == checksum(header, 0, Long.BYTES)
            && length >= 0
            && length <= remaining - size(0);
    if (!valid) {
      return null;
    }
    byte[] record = file.readNBytes(Math.toIntExact(length));
    int checksum = littleEndian(file.readNBytes(Integer.BYTES)).getInt();
    return checksum == checksum(record, 0, record.length) ? record : null;
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
