package dev.counterpoint.core.safetensors;

import java.nio.ByteBuffer;

/**
 * The two 16-bit floating types, widened to float32 without rounding. In Java, because an array of
 * bfloat16 ends the process in DJL 0.35.
 */
final class HalfFloats {
  private HalfFloats() {}

  /** Puts the float32 of every 16-bit value left in {@code halves}; both are little-endian. */
  static void widen(StoredType type, ByteBuffer halves, ByteBuffer floats) {
    boolean brain = type == StoredType.BF16;
    while (halves.hasRemaining()) {
      short bits = halves.getShort();
      floats.putInt(brain ? bits << 16 : fromIeeeHalf(bits));
    }
  }

  /** The bits of a float32 from those of an IEEE 754 binary16; a NaN keeps its payload. */
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
