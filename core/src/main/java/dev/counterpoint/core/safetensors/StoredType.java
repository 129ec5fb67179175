package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.DataType;
import org.jspecify.annotations.Nullable;

/** The element types of the safetensors format, under the names that the format gives them. */
public enum StoredType {
  BOOL(1, DataType.BOOLEAN),
  U8(1, DataType.UINT8),
  I8(1, DataType.INT8),
  F8_E4M3(1, null),
  F8_E5M2(1, null),
  I16(2, null),
  U16(2, null),
  F16(2, DataType.FLOAT16),
  BF16(2, null),
  I32(4, DataType.INT32),
  U32(4, null),
  F32(4, DataType.FLOAT32),
  I64(8, DataType.INT64),
  U64(8, null),
  F64(8, DataType.FLOAT64);

  private final int bytes;
  private final @Nullable DataType same;

  StoredType(int bytes, @Nullable DataType same) {
    this.bytes = bytes;
    this.same = same;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /**
   * The type that an array gets when it is read without a target: float32 for the two 16-bit
   * floating types, else the same; null where the engine has none.
   */
  public @Nullable DataType loaded() {
    return isHalf() ? DataType.FLOAT32 : same;
  }

  /**
   * Whether values go into an array of that type without losing a digit: the same type, or float32
   * from the two 16-bit floating types. float64 is not narrowed: what was trained in double should
   * be rounded by its owner, knowingly.
   */
  public boolean fits(DataType target) {
    return target == same || widensTo(target);
  }

  boolean widensTo(DataType target) {
    return isHalf() && target == DataType.FLOAT32;
  }

  private boolean isHalf() {
    return this == F16 || this == BF16;
  }

  /** The type that stores such an array as it is. */
  static StoredType of(DataType type) {
    for (StoredType candidate : values()) {
      if (candidate.same == type) {
        return candidate;
      }
    }
    throw new IllegalArgumentException("An array of " + type + " cannot be stored.");
  }

  static @Nullable StoredType named(String name) {
    for (StoredType candidate : values()) {
      if (candidate.name().equals(name)) {
        return candidate;
      }
    }
    return null;
  }
}
