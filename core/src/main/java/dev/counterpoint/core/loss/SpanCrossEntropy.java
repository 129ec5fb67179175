package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;

/**
 * The mean of two cross entropies over the tokens of an item: where a span begins, and where it
 * ends. Padded tokens take part, as in Hugging Face's {@code BertForQuestionAnswering}.
 *
 * <p>Logits are (batch, tokens, 2), labels (batch, 2), int64. An end that lies behind the tokens
 * does not count. Where of one item one end counts and not the other, the mean is over all ends
 * that count; Hugging Face takes the mean of starts and the mean of ends first.
 */
public record SpanCrossEntropy() implements Loss {
  public static SpanCrossEntropy defaults() {
    return new SpanCrossEntropy();
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    LossSum start = end(output, batch.labels(), 0);
    LossSum end = end(output, batch.labels(), 1);
    return new LossSum(start.sum().add(end.sum()).div(2), (start.weight() + end.weight()) / 2);
  }

  private static LossSum end(NDArray logits, NDArray labels, int which) {
    long tokens = logits.getShape().get(1);
    NDArray position = labels.get(":, " + which);
    NDArray outside = position.gte(tokens);
    NDArray counted = position.mul(outside.logicalNot()).add(outside.mul(CrossEntropy.IGNORED));
    return CrossEntropy.defaults().of(logits.get(":, :, " + which), counted);
  }
}
