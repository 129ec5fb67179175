package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.CrossEntropy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PerplexityTest {
  private static final long IGNORED = CrossEntropy.IGNORED;
  private static final float[] LOGITS = {2, 0, 0, 0, 1, 3, 0, 0, 0, -1, 0, 4};

  @Test
  void perplexityIsTheExponentialOfTheMeanCrossEntropy() {
    Perplexity metric = of(LOGITS, 0, 1, IGNORED, 2);

    double first = Math.log(Math.exp(2) + 2) - 2;
    double second = Math.log(1 + Math.exp(1) + Math.exp(3)) - 1;
    double last = Math.log(Math.exp(-1) + 1 + Math.exp(4)) - 4;
    assertThat(metric.values(metric.sums()).get("perplexity"))
        .isCloseTo(Math.exp((first + second + last) / 3), within(1e-5));
  }

  @Test
  void equalLogitsGiveTheVocabularySize() {
    Perplexity metric = of(new float[12], 0, 1, 2, 0);

    assertThat(metric.values(metric.sums()).get("perplexity")).isCloseTo(3, within(1e-6));
  }

  @Test
  void sumsOfTwoHalvesEqualTheSumOfAll() {
    Perplexity all = of(LOGITS, 0, 1, IGNORED, 2);
    Perplexity halves = of(Arrays.copyOf(LOGITS, 6), 0, 1);
    add(halves, Arrays.copyOfRange(LOGITS, 6, 12), IGNORED, 2);

    assertThat(halves.sums()).containsExactly(all.sums(), within(1e-6));
  }

  @Test
  void bitsPerByteAreTheCrossEntropyInBitsPerByteOfTheLabels() {
    Perplexity metric = new Perplexity(new int[] {1, 2, 5});
    add(metric, new float[12], 0, 1, IGNORED, 2);

    assertThat(metric.values(metric.sums()).get("bitsPerByte"))
        .isCloseTo(3 * Math.log(3) / Math.log(2) / 8, within(1e-6));
  }

  @Test
  void perplexityWithoutTokensIsNaN() {
    Perplexity metric = new Perplexity();

    assertThat(metric.values(metric.sums()).get("perplexity")).isNaN();
  }

  private static Perplexity of(float[] logits, long... labels) {
    Perplexity metric = new Perplexity();
    add(metric, logits, labels);
    return metric;
  }

  private static void add(Perplexity metric, float[] logits, long... labels) {
    Scored.add(metric, logits, HostTensor.of(labels, 1, labels.length), 1, labels.length, 3);
  }
}
