package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;

/** Element-wise activation functions, named as in {@code torch.nn.functional}. */
public enum Activation implements UnaryLayer {
  RELU,
  /** Exact GELU, x Phi(x), computed with the error function. */
  GELU,
  /** GELU with the tanh approximation, as in GPT-2: {@code gelu(x, approximate="tanh")}. */
  GELU_TANH,
  TANH,
  SIGMOID,
  /** SiLU (swish): x sigmoid(x). */
  SILU;

  @Override
  public NDArray forward(NDArray x) {
    return switch (this) {
      case RELU -> ai.djl.nn.Activation.relu(x);
      case GELU -> Functional.gelu(x);
      case GELU_TANH -> Functional.geluTanh(x);
      case TANH -> x.getNDArrayInternal().tanh();
      case SIGMOID -> x.getNDArrayInternal().sigmoid();
      case SILU -> x.mul(x.getNDArrayInternal().sigmoid());
    };
  }
}
