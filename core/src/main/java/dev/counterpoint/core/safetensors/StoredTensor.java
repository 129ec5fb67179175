package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.Shape;

/**
 * The name, type, shape and byte range of one tensor in a safetensors file.
 *
 * @param begin the offset of the first byte, counted from the start of the file's data section
 *     (after the header)
 * @param end the offset after the last byte
 */
public record StoredTensor(String name, StoredType type, Shape shape, long begin, long end) {
  /** The size of the tensor in bytes. */
  public long bytes() {
    return end - begin;
  }
}
