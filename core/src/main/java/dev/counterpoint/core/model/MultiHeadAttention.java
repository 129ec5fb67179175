package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.AttentionKernel;

/** Scaled-dot-product attention in several heads (Vaswani et al. 2017, section 3.2). */
public final class MultiHeadAttention extends Layer implements Attention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final AttentionKernel attention;
  private final int heads;

  public MultiHeadAttention(AttentionConfig.Place place) {
    int width = place.width();
    query = new Linear(width, width);
    key = new Linear(width, width);
    value = new Linear(width, width);
    output = new Linear(width, width);
    attention = new AttentionKernel(place.causal(), place.dropout());
    heads = place.heads();
  }

  @Override
  public NDArray forward(NDArray x, NDArray mask) {
    NDArray q = split(query.forward(x)); // (batch, heads, tokens, headWidth)
    NDArray k = split(key.forward(x));
    NDArray v = split(value.forward(x));
    NDArray mixed = seen(attention.attend(q, k, v, mask, training())).transpose(0, 2, 1, 3);
    return seen(output.forward(mixed.reshape(x.getShape())));
  }

  /** (batch, tokens, width) to (batch, heads, tokens, headWidth). */
  private NDArray split(NDArray x) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), heads, -1).transpose(0, 2, 1, 3);
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
