package dev.counterpoint.core.kernel;

import java.util.HashMap;
import java.util.Map;

/**
 * Precision of matrix multiplications. Weights, gradients, norms, softmax, losses and optimizers
 * always use float32.
 */
public enum Precision {
  FLOAT32(6),
  /**
   * bfloat16: half the bits of float32, with the same range and 8 significant bits; sums are in
   * float32. On a processor for which libtorch has no fast bfloat16 multiplication (x86 without
   * AVX-512, ARM without its bf16 extension), operands are rounded to bfloat16 and multiplied in
   * float32, and attention uses float32 between its products. That is somewhat slower than float32
   * and needs memory for another copy of the weights.
   */
  BFLOAT16(15);

  private final long type;

  Precision(long type) {
    this.type = type;
  }

  /**
   * The constants for kernels whose source begins with {@code # with product}, for this processor.
   */
  public Map<String, Object> constants() {
    return constants(matmulPrecision() != this);
  }

  /** The precision in which matrix products are computed on this processor. */
  public Precision matmulPrecision() {
    return Matmul.SUPPORTS_BFLOAT16 ? this : FLOAT32;
  }

  /**
   * Like {@link #constants()}, independent of the processor.
   *
   * @param rounded whether to round the operands and multiply in float32
   */
  public Map<String, Object> constants(boolean rounded) {
    return Map.of("type", type, "rounded", rounded);
  }

  /** The constants of this precision together with additional ones of a kernel. */
  public Map<String, Object> constants(Map<String, Object> additional) {
    Map<String, Object> all = new HashMap<>(additional);
    all.putAll(constants());
    return all;
  }

  /** Capabilities of libtorch on this processor, determined at first use. */
  private static final class Matmul {
    static final boolean SUPPORTS_BFLOAT16 = supportsBfloat16();

    private static boolean supportsBfloat16() {
      try {
        return Kernel.load("bfloat16").number("supported") > 0;
      } catch (IllegalStateException noSuchOperator) {
        return false; // this libtorch was built without oneDNN, which implements the operators
      }
    }
  }
}
