package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention, Vaswani et al. 2017, equation 1: {@code
 * torch.nn.functional.scaled_dot_product_attention}. It never holds all scores in memory, unless
 * weights are dropped or few keys are met in bfloat16, where the two products apart are faster.
 *
 * <p>Ours differs for causal attention of fewer queries than keys: the last query stands at the
 * last key (PyTorch: the first at the first), as generation with remembered keys needs it. And a
 * query that may see no key at all gets the mean of all values, as in Hugging Face's models, not
 * NaN; nothing that counts may depend on it, as its gradients are not those of a mean.
 */
public final class AttentionKernel {
  private final boolean causal;
  private final double dropout;

  /**
   * Attention.
   *
   * @param causal hides the keys that come after a query
   * @param dropout the part of the attention weights that training drops
   */
  public AttentionKernel(boolean causal, double dropout) {
    this.causal = causal;
    this.dropout = dropout;
  }

  /**
   * Attends.
   *
   * @param query (batch, heads, queries, headWidth)
   * @param key (batch, heads, keys, headWidth)
   * @param value (batch, heads, keys, headWidth)
   * @param mask (batch, keys), 0 for each key that nobody sees; null where all are seen
   * @param training whether weights are dropped
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
