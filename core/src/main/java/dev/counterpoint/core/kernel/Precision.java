package dev.counterpoint.core.kernel;

/**
 * The numbers that matrix products are made in. Weights, gradients, norms, softmax, losses and
 * optimizers are in float32 always.
 */
public enum Precision {
  FLOAT32(6),
  /** Half the bits, with float32's range and 8 significant bits. */
  BFLOAT16(15);

  private final long type;

  Precision(long type) {
    this.type = type;
  }

  /** libtorch's number of the type, as kernels' constants have it. */
  long type() {
    return type;
  }
}
