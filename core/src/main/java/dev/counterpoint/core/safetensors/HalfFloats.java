package dev.counterpoint.core.safetensors;

import java.nio.ByteBuffer;

/**
 * Lossless conversion of float16 and bfloat16 to float32. Implemented in Java because creating a
 * bfloat16 array crashes the process in DJL 0.35.
 */
final class HalfFloats {
  private HalfFloats() {}

  /**
   * Converts all remaining 16-bit values of {@code halves} to float32 and puts them into {@code
   * floats}. Both buffers must be little-endian.
   */
  static void widen(StoredType type, ByteBuffer halves, ByteBuffer floats) {
    boolean bfloat16 = type == StoredType.BF16;
    while (halves.hasRemaining()) {
      short bits = halves.getShort();
      floats.putInt(bfloat16 ? bits << 16 : fromIeeeHalf(bits));
    }
  }

  /** Converts IEEE 754 binary16 bits to float32 bits; a NaN keeps its payload. */
  static int fromIeeeHalf(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0x1f) {
      return sign | 0x7f800000 | (fraction << 13);
    }
    if (exponent == 0) {
      return sign | Float.floatToRawIntBits(fraction * 0x1p-24f);
    }
    return sign | ((exponent + 112) << 23) | (fraction << 13);
  }
}
