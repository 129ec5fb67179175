package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import java.util.Optional;

/**
 * Cross-entropy loss for extractive question answering: the mean of two cross entropies over the
 * tokens of an example, for the start and for the end of the answer span. Padding is excluded from
 * the softmax, so that the loss of an example does not depend on the other examples in the batch;
 * Hugging Face's {@code BertForQuestionAnswering} includes padding, and its scripts pad all
 * examples to one length.
 *
 * <p>Logits are (batch, tokens, 2), labels (batch, 2), int64. A label past the last token is
 * ignored. If only the start or only the end of an example counts, the mean is over all positions
 * that count; Hugging Face takes the mean of starts and the mean of ends first.
 */
public record SpanCrossEntropy() implements Loss {
  /** Penalty subtracted from the logits of padding, so that their softmax is 0. */
  private static final double MASK_PENALTY = 1e30;

  @Override
  public Optional<OutputActivation> outputActivation() {
    return Optional.of(OutputActivation.SOFTMAX);
  }

  /** Computes the loss of a batch. Without a {@link Batch#MASK} no token is padding. */
  @Override
  public LossSum of(NDArray output, Batch batch) {
    if (!batch.has(Batch.MASK)) {
      return of(output, batch.labels());
    }
    NDArray hidden = batch.mask().sub(1).mul(MASK_PENALTY).expandDims(2); // (batch, tokens, 1)
    return of(output.add(hidden), onTokens(batch.labels(), batch.mask()));
  }

  private static NDArray onTokens(NDArray labels, NDArray mask) {
    NDArray position = labels.clip(0, mask.getShape().get(1) - 1);
    NDArray padding = mask.gather(position, 1).eq(0); // (batch, 2)
    return labels.mul(padding.logicalNot()).add(padding.mul(CrossEntropy.IGNORED));
  }

  /**
   * Computes the loss without padding.
   *
   * @param logits (batch, tokens, 2)
   * @param labels (batch, 2), int64
   */
  public LossSum of(NDArray logits, NDArray labels) {
    return LossSum.mean(end(logits, labels, 0), end(logits, labels, 1));
  }

  private static LossSum end(NDArray logits, NDArray labels, int which) {
    long tokens = logits.getShape().get(1);
    NDArray position = labels.get(":, " + which);
    NDArray outside = position.gte(tokens);
    NDArray counted = position.mul(outside.logicalNot()).add(outside.mul(CrossEntropy.IGNORED));
    return CrossEntropy.defaults().of(logits.get(":, :, " + which), counted);
  }
}
