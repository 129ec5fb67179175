package dev.counterpoint.tasks.internal.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory-mapped integers of a {@link NumberFile}: the operating system loads and evicts pages as
 * needed. A mapping is limited to 2 GiB, so a large file is mapped in several segments.
 */
public final class MemoryMappedTokens {
  private static final int SEGMENT_BITS = 30;

  private final ByteBuffer[] segments;
  private final int width;
  private final int segmentBits;

  public MemoryMappedTokens(Path path, int width) throws IOException {
    this(path, width, SEGMENT_BITS);
  }

  /**
   * Maps a file in segments.
   *
   * @param width bytes per number: 1 or 2 (unsigned), 4 or 8
   * @param segmentBits the binary logarithm of the segment size in bytes
   */
  public MemoryMappedTokens(Path path, int width, int segmentBits) throws IOException {
    this.width = width;
    this.segmentBits = segmentBits;
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      long segment = 1L << segmentBits;
      segments = new ByteBuffer[Math.toIntExact((file.size() + segment - 1) >>> segmentBits)];
      for (int i = 0; i < segments.length; i++) {
        long start = i * segment;
        segments[i] =
            file.map(FileChannel.MapMode.READ_ONLY, start, Math.min(segment, file.size() - start))
                .order(ByteOrder.LITTLE_ENDIAN);
      }
    }
  }

  public long get(long index) {
    long start = index * width;
    ByteBuffer segment = segments[(int) (start >>> segmentBits)];
    int offset = (int) (start & ((1L << segmentBits) - 1));
    return switch (width) {
      case Byte.BYTES -> Byte.toUnsignedLong(segment.get(offset));
      case Short.BYTES -> Short.toUnsignedLong(segment.getShort(offset));
      case Integer.BYTES -> segment.getInt(offset);
      default -> segment.getLong(offset);
    };
  }
}
