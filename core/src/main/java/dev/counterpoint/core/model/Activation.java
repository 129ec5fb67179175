package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.GeluKernel;

/** Element-wise activation functions, named as in {@code torch.nn.functional}. */
public enum Activation implements UnaryLayer {
  RELU {
    @Override
    public NDArray forward(NDArray x) {
      return ai.djl.nn.Activation.relu(x);
    }
  },
  /** Exact GELU, x Phi(x), computed with the error function. */
  GELU {
    @Override
    public NDArray forward(NDArray x) {
      return GeluKernel.exact(x);
    }
  },
  /** GELU with the tanh approximation, as in GPT-2: {@code gelu(x, approximate="tanh")}. */
  GELU_TANH {
    @Override
    public NDArray forward(NDArray x) {
      return GeluKernel.tanh(x);
    }
  },
  TANH {
    @Override
    public NDArray forward(NDArray x) {
      return x.getNDArrayInternal().tanh();
    }
  },
  SIGMOID {
    @Override
    public NDArray forward(NDArray x) {
      return x.getNDArrayInternal().sigmoid();
    }
  },
  /** SiLU (swish): x sigmoid(x). */
  SILU {
    @Override
    public NDArray forward(NDArray x) {
      return x.mul(x.getNDArrayInternal().sigmoid());
    }
  }
}
