package dev.counterpoint.core.callback.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.callback.tensorboard.proto.HistogramProto;
import dev.counterpoint.core.kernel.Torch;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HistogramTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void countsValuesInThirtyBucketsOfEqualWidth() {
    float[] values = new float[31];
    for (int i = 0; i <= 30; i++) {
      values[i] = i;
    }
    HistogramProto histogram = of(values);

    assertThat(histogram.getBucketLimitList()).hasSize(30).startsWith(1.0, 2.0).endsWith(30.0);
    assertThat(histogram.getBucketList().subList(0, 29)).containsOnly(1.0);
    assertThat(histogram.getBucket(29)).isEqualTo(2);
  }

  @Test
  void hasMinimumMaximumSumAndSumOfSquares() {
    HistogramProto histogram = of(-2, 0, 1, 4);

    assertThat(histogram.getMin()).isEqualTo(-2);
    assertThat(histogram.getMax()).isEqualTo(4);
    assertThat(histogram.getNum()).isEqualTo(4);
    assertThat(histogram.getSum()).isEqualTo(3);
    assertThat(histogram.getSumSquares()).isEqualTo(21);
  }

  @Test
  void equalValuesAreInOneBucket() {
    assertThat(of(3, 3, 3).getBucketList())
        .startsWith(3.0)
        .containsAll(Collections.nCopies(29, 0.0));
  }

  @Test
  void countsAnArrayOfSeveralChunks() {
    HistogramProto histogram = Histogram.of(manager.arange(0f, 2_500_000f));

    assertThat(histogram.getNum()).isEqualTo(2_500_000);
    assertThat(histogram.getBucketList().stream().mapToDouble(it -> it).sum()).isEqualTo(2_500_000);
    assertThat(histogram.getMax()).isEqualTo(2_499_999);
  }

  @Test
  void valuesThatAreNotFiniteHaveNoHistogram() {
    assertThat(of(1, Float.NaN)).isNull();
    assertThat(of(1, Float.POSITIVE_INFINITY)).isNull();
  }

  private HistogramProto of(float... values) {
    return Histogram.of(manager.create(values));
  }
}
