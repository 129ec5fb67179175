package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention (Vaswani et al. 2017, equation 1): {@code
 * torch.nn.functional.scaled_dot_product_attention}. Never holds all attention scores in memory,
 * except with dropout on the weights, or for few keys in bfloat16, where two separate products are
 * faster.
 *
 * <p>Differs from PyTorch in two ways. In causal attention with fewer queries than keys, the last
 * query is aligned with the last key (PyTorch: the first with the first), as generation with a
 * key-value cache requires. And a query that may attend to no key gets the mean of all values, as
 * in Hugging Face's models, not NaN; its result must not influence the loss, because its gradients
 * are not those of a mean.
 */
public final class AttentionKernel {
  private final boolean causal;
  private final double dropout;

  /**
   * Configures attention.
   *
   * @param causal whether to mask the keys after each query
   * @param dropout dropout probability of the attention weights during training
   */
  public AttentionKernel(boolean causal, double dropout) {
    this.causal = causal;
    this.dropout = dropout;
  }

  /**
   * Computes attention.
   *
   * @param query (batch, heads, queries, headWidth)
   * @param key (batch, heads, keys, headWidth)
   * @param value (batch, heads, keys, headWidth)
   * @param mask (batch, keys), 0 for each masked key; null for no mask
   * @param training whether dropout is active
   * @return (batch, heads, queries, headWidth)
   */
  public NDArray attend(
      NDArray query, NDArray key, NDArray value, @Nullable NDArray mask, boolean training) {
    Map<String, Object> constants = Map.of("causal", causal, "dropout", training ? dropout : 0.0);
    return mask == null
        ? Kernel.load("attention", constants).apply(query, key, value).get(0)
        : Kernel.load("masked_attention", constants).apply(query, key, value, mask).get(0);
  }
}
