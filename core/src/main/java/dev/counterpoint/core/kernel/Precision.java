package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  private static final int MIN_PACKED = 1 << 15;
  private static final int OUTPUT_BLOCK = 64;
  private static final int INPUT_BLOCK = 16;

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

  /** The precision in which matmuls are computed on this processor. */
  public Precision matmulPrecision() {
    return Matmul.SUPPORTS_BFLOAT16 ? this : FLOAT32;
  }

  /**
   * Like {@link #constants()}, independent of the processor.
   *
   * @param rounded whether to round the operands and multiply in float32
   */
  public Map<String, Object> constants(boolean rounded) {
    return Map.of("type", type, "rounded", rounded, "dense", Matmul.DENSE);
  }

  /**
   * Whether matmuls with a weight are faster with a packed copy of the weight. For small weights
   * the call of oneDNN takes longer than the product. Sizes that oneDNN would pad are not packed:
   * on some processors version 3.7 does not fill the padding with zeros.
   *
   * @param weight (outputs, inputs)
   */
  public boolean packs(NDArray weight) {
    return this == FLOAT32
        && Matmul.DENSE.equals(Matmul.ONEDNN)
        && !weight.getDevice().isGpu()
        && weight.size() >= MIN_PACKED
        && weight.size(0) % OUTPUT_BLOCK == 0
        && weight.size(1) % INPUT_BLOCK == 0;
  }

  /** The library that computes large float32 matmuls without gradients: oneDNN or MKL. */
  public static String inferenceLibrary() {
    return Matmul.DENSE.equals(Matmul.ONEDNN) ? "oneDNN" : "MKL";
  }

  /** The constants of this precision together with additional ones of a kernel. */
  public Map<String, Object> constants(Map<String, Object> additional) {
    Map<String, Object> all = new HashMap<>(additional);
    all.putAll(constants());
    return all;
  }

  /** Capabilities of libtorch on this processor, determined at first use. */
  private static final class Matmul {
    static final String ONEDNN = "dense_onednn";
    static final @Nullable Kernel BFLOAT16_KERNEL = load();
    static final boolean SUPPORTS_BFLOAT16 =
        BFLOAT16_KERNEL != null && BFLOAT16_KERNEL.number("supported") > 0;
    static final String DENSE =
        BFLOAT16_KERNEL != null && Processor.read().isAmdWithAvx512() ? ONEDNN : "dense";

    private static @Nullable Kernel load() {
      try {
        return Kernel.load("bfloat16");
      } catch (IllegalStateException noSuchOperator) {
        return null; // this libtorch was built without oneDNN, which implements the operators
      }
    }
  }
}
