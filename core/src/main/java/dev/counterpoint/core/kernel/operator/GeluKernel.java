package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** GELU activation (Hendrycks and Gimpel 2016): {@code torch.nn.functional.gelu}. */
public final class GeluKernel {
  private GeluKernel() {}

  /** Exact GELU, x * Phi(x) with Phi of the normal distribution, as in BERT. */
  public static NDArray exact(NDArray x) {
    return gelu(x, "none");
  }

  /** GELU with the tanh approximation, as in GPT-2: {@code gelu_new} of Hugging Face. */
  public static NDArray tanh(NDArray x) {
    return gelu(x, "tanh");
  }

  private static NDArray gelu(NDArray x, String approximate) {
    return Kernel.load("gelu", Map.of("approximate", approximate)).apply(x).get(0);
  }
}
