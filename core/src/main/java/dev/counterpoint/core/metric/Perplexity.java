package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.LossSum;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Perplexity: the exponential of the mean cross-entropy per token, without label smoothing, from
 * logits (batch, tokens, vocabulary) and labels (batch, tokens).
 */
public final class Perplexity implements Metric {
  private double sum;
  private double tokens;

  @Override
  public void add(NDArray output, Batch batch) {
    LossSum loss = CrossEntropy.defaults().of(output, batch);
    sum += loss.total();
    tokens += loss.weight();
  }

  @Override
  public Optional<Mode> mode(String name) {
    return Optional.of(Mode.MIN);
  }

  @Override
  public double[] sums() {
    return new double[] {sum, tokens};
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    return Map.of("perplexity", Math.exp(sums[0] / sums[1]));
  }

  /** Settings of the metric {@code perplexity}; it has none. */
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
