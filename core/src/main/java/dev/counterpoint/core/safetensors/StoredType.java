package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The element types (dtypes) of the safetensors format, under their names in the format. */
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
  private final @Nullable DataType engineType;

  StoredType(int bytes, @Nullable DataType engineType) {
    this.bytes = bytes;
    this.engineType = engineType;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /**
   * The type of a newly loaded array: float32 for float16 and bfloat16, otherwise the same type;
   * null if the engine does not support the type.
   */
  public @Nullable DataType loaded() {
    return isHalf() ? DataType.FLOAT32 : engineType;
  }

  /**
   * Whether values of this type can be read into an array of the target type without loss: the same
   * type, or float32 from float16 and bfloat16. float64 is not narrowed to float32, because
   * rounding a model that was trained in double precision must be an explicit decision of the user.
   */
  public boolean fits(DataType target) {
    return target == engineType || widensTo(target);
  }

  boolean widensTo(DataType target) {
    return isHalf() && target == DataType.FLOAT32;
  }

  private boolean isHalf() {
    return this == F16 || this == BF16;
  }

  /**
   * The stored type of arrays of this type.
   *
   * @throws IllegalArgumentException if safetensors files of this library cannot store the type
   */
  static StoredType of(DataType type) {
    return Arrays.stream(values())
        .filter(candidate -> candidate.engineType == type)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "An array of type " + type + " cannot be stored in a safetensors file."));
  }

  static @Nullable StoredType named(String name) {
    return Arrays.stream(values()).filter(it -> it.name().equals(name)).findFirst().orElse(null);
  }
}
