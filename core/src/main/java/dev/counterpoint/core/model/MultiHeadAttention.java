package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.AttentionKernel;

/** Scaled-dot-product attention in several heads (Vaswani et al. 2017, section 3.2). */
public final class MultiHeadAttention extends Layer implements Attention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final AttentionKernel training;
  private final AttentionKernel evaluating;

  public MultiHeadAttention(AttentionConfig.Place place) {
    int width = place.width();
    query = new Linear(width, width);
    key = new Linear(width, width);
    value = new Linear(width, width);
    output = new Linear(width, width);
    training = AttentionKernel.of(place.heads(), place.causal(), place.dropout());
    evaluating = AttentionKernel.of(place.heads(), place.causal(), 0);
  }

  @Override
  public NDArray forward(NDArray x, NDArray mask) {
    AttentionKernel kernel = training() ? training : evaluating;
    return output.forward(
        kernel.forward(query.forward(x), key.forward(x), value.forward(x), mask));
  }

  /** It has no settings beside its place. */
  public record Config() implements AttentionConfig {
    public static Config defaults() {
      return new Config();
    }

    @Override
    public Attention build(Place place) {
      return new MultiHeadAttention(place);
    }
  }
}
