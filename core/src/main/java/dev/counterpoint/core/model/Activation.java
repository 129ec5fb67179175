package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.GeluKernel;

/** Functions of each number, by the names of {@code torch.nn.functional}. */
public enum Activation implements UnaryLayer {
  RELU {
    @Override
    public NDArray forward(NDArray x) {
      return ai.djl.nn.Activation.relu(x);
    }
  },
  /** x Phi(x), exact, through the error function. */
  GELU {
    @Override
    public NDArray forward(NDArray x) {
      return GeluKernel.exact(x);
    }
  },
  /** The tanh form of GELU that GPT-2 uses: {@code gelu(x, approximate="tanh")}. */
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
  /** x sigmoid(x). */
  SILU {
    @Override
    public NDArray forward(NDArray x) {
      return x.mul(x.getNDArrayInternal().sigmoid());
    }
  }
}
