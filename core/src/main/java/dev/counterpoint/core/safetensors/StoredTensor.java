package dev.counterpoint.core.safetensors;

import ai.djl.ndarray.types.Shape;

/**
 * One tensor of a safetensors file.
 *
 * @param begin its first byte, counted from 0 at the start of the file's data (after the header)
 * @param end the byte after its last
 */
public record StoredTensor(String name, StoredType type, Shape shape, long begin, long end) {
  /** Its size in bytes. */
  public long bytes() {
    return end - begin;
  }
}
