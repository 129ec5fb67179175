package dev.counterpoint.core.kernel;

import java.util.HashMap;
import java.util.Map;

/**
 * The numbers that matrix products are made in. Weights, gradients, norms, softmax, losses and
 * optimizers are in float32 always.
 */
public enum Precision {
  FLOAT32(6),
  /**
   * Half the bits, with float32's range and 8 significant bits; sums are in float32. On a processor
   * for which libtorch has no fast products of it (x86 without AVX-512, ARM without its bf16)
   * numbers are rounded to it, and the products are float32's; attention between its products is in
   * float32 then. That takes somewhat longer than float32, and holds a copy of the weights more.
   */
  BFLOAT16(15);

  private final long type;

  Precision(long type) {
    this.type = type;
  }

  /** What kernels whose text is {@code # with product} must know of it on this processor. */
  public Map<String, Object> constants() {
    return constants(matmulPrecision() != this);
  }

  /** What its products are computed in on this processor. */
  public Precision matmulPrecision() {
    return Products.IN_BFLOAT16 ? this : FLOAT32;
  }

  /**
   * As {@link #constants()}, on any processor.
   *
   * @param rounded whether the products are float32's, of rounded numbers
   */
  public Map<String, Object> constants(boolean rounded) {
    return Map.of("type", type, "rounded", rounded);
  }

  /** Those, and others of a kernel. */
  public Map<String, Object> constants(Map<String, Object> others) {
    Map<String, Object> all = new HashMap<>(others);
    all.putAll(constants());
    return all;
  }

  /** What libtorch can on this processor; it is asked at first use. */
  private static final class Products {
    static final boolean IN_BFLOAT16 = inBfloat16();

    private static boolean inBfloat16() {
      try {
        return Kernel.load("bfloat16").number("supported") > 0;
      } catch (IllegalStateException noSuchOperator) {
        return false; // a libtorch without oneDNN, which has these products
      }
    }
  }
}
