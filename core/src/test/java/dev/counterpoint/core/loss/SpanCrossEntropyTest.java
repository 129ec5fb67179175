package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpanCrossEntropyTest {
  private static final float[] TWO_TOKENS = {1, -1, 0.5f, 2};
  private static final float[] AND_TWO_MORE = {1, -1, 0.5f, 2, 40, 50, -3, 60};

  @Test
  void paddingIsExcludedFromTheSoftmax() {
    Measured alone = measure(TWO_TOKENS, new float[] {1, 1}, 0, 1);
    Measured padded = measure(AND_TWO_MORE, new float[] {1, 1, 0, 0}, 0, 1);

    assertThat(alone.sum()).isBetween(0.2, 0.8);
    assertThat(padded.sum()).isEqualTo(alone.sum(), within(1e-6));
    assertThat(padded.weight()).isEqualTo(1);
    assertThat(padded.gradient()).startsWith(alone.gradient()).endsWith(0, 0, 0, 0);
  }

  @Test
  void aLabelOnPaddingOrPastTheTokensIsIgnored() {
    Measured onPadding = measure(AND_TWO_MORE, new float[] {1, 1, 0, 0}, 0, 3);
    Measured behind = measure(AND_TWO_MORE, new float[] {1, 1, 0, 0}, 0, 4);

    assertThat(onPadding.weight()).isEqualTo(0.5);
    assertThat(onPadding.sum()).isEqualTo(behind.sum());
    assertThat(behind.weight()).isEqualTo(0.5);
  }

  @Test
  void withoutAMaskNoTokenIsPadding() {
    HostTensor labels = HostTensor.of(new long[] {0, 1}, 1, 2);
    Measured all = Measured.of(new SpanCrossEntropy(), AND_TWO_MORE, labels, 1, 4, 2);

    assertThat(all.sum()).isEqualTo((39 + 58) / 2.0, within(1e-3));
  }

  private static Measured measure(float[] logits, float[] mask, long first, long last) {
    return Measured.of(
        new SpanCrossEntropy(),
        logits,
        Map.of(
            Batch.MASK, HostTensor.of(mask, 1, mask.length),
            Batch.LABELS, HostTensor.of(new long[] {first, last}, 1, 2)),
        1,
        mask.length,
        2);
  }
}
