package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** Hendrycks and Gimpel 2016: {@code torch.nn.functional.gelu}. */
public final class GeluKernel {
  private GeluKernel() {}

  /** x * Phi(x), with the normal distribution's own Phi: BERT's. */
  public static NDArray exact(NDArray x) {
    return gelu(x, "none");
  }

  /** Phi by way of tanh: GPT-2's, {@code gelu_new} of Hugging Face. */
  public static NDArray tanh(NDArray x) {
    return gelu(x, "tanh");
  }

  private static NDArray gelu(NDArray x, String approximate) {
    return Kernel.load("gelu", Map.of("approximate", approximate)).apply(x).get(0);
  }
}
