package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.LossSum;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Perplexity: the exponential of the mean cross-entropy per token, without label smoothing, from
 * logits (batch, tokens, vocabulary) and labels (batch, tokens). With the length of each token,
 * also bits per byte: the sum of the cross-entropy in bits, per byte of the text in UTF-8, which
 * can be compared between tokenizers.
 */
public final class Perplexity implements Metric {
  private final int[] bytesOfToken;
  private double sum;
  private double tokens;
  private long bytes;

  /** Creates the metric without bits per byte. */
  public Perplexity() {
    this(new int[0]);
  }

  /**
   * Creates the metric.
   *
   * @param bytesOfToken the length of each token in UTF-8, by its id; empty if it is unknown
   */
  public Perplexity(int[] bytesOfToken) {
    this.bytesOfToken = bytesOfToken.clone();
  }

  @Override
  public void add(NDArray output, Batch batch) {
    LossSum loss = CrossEntropy.defaults().of(output, batch);
    sum += loss.total();
    tokens += loss.weight();
    if (bytesOfToken.length > 0) {
      bytes +=
          LongStream.of(batch.labels().reshape(new Shape(-1)).toLongArray())
              .filter(token -> token != CrossEntropy.IGNORED)
              .map(token -> bytesOfToken[(int) token])
              .sum();
    }
  }

  @Override
  public Optional<Mode> mode(String name) {
    return Optional.of(Mode.MIN);
  }

  @Override
  public double[] sums() {
    return new double[] {sum, tokens, bytes};
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("perplexity", Math.exp(sums[0] / sums[1]));
    if (bytesOfToken.length > 0) {
      values.put("bitsPerByte", sums[0] / sums[2] / Math.log(2));
    }
    return values;
  }

  /** The metric {@code perplexity}, which has no settings. */
  public record Config() implements MetricConfig {
    @Override
    public Metric create(DataSpec data) {
      return new Perplexity();
    }

    @Override
    public List<String> names() {
      return List.of("perplexity");
    }
  }
}
