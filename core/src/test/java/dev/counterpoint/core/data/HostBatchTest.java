package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class HostBatchTest {
  @Test
  void joinedRowsOfTokensArePaddedToTheLongest() {
    HostBatch joined = HostBatch.concatenate(List.of(tokens(5, 6), tokens(7), tokens(8, 9)), 3);

    assertThat(joined.size()).isEqualTo(3);
    assertThat(joined.tokens()).isEqualTo(5);
    assertThat(joined.tensors().get(Batch.IDS).longs()).containsExactly(5, 6, 7, 3, 8, 9);
    assertThat(joined.tensors().get(Batch.MASK).floats()).containsExactly(1, 1, 1, 0, 1, 1);
    assertThat(joined.tensors().get(Batch.TOKEN_TYPES).longs()).containsExactly(1, 1, 1, 0, 1, 1);
    assertThat(joined.tensors().get(Batch.IDS).shape().getShape()).containsExactly(3, 2);
  }

  @Test
  void theJoinedBatchesAreNotChanged() {
    HostBatch first = tokens(5);
    HostBatch.concatenate(List.of(first, tokens(6, 7)), 0);

    assertThat(first.tensors().get(Batch.IDS).shape().getShape()).containsExactly(1, 1);
  }

  @Test
  void tensorsOfMoreDimensionsKeepTheirShape() {
    HostTensor image = HostTensor.of(new float[] {1, 2, 3, 4}, 1, 2, 2);
    HostBatch batch = HostBatch.of(1, Map.of(Batch.IMAGES, image));

    assertThat(
            HostBatch.concatenate(List.of(batch, batch), 0)
                .tensors()
                .get(Batch.IMAGES)
                .shape()
                .getShape())
        .containsExactly(2, 2, 2);
  }

  @Test
  void tensorsOfDifferentShapesCannotBeJoined() {
    HostBatch large = HostBatch.of(1, Map.of("x", HostTensor.of(new float[4], 1, 2, 2)));
    HostBatch small = HostBatch.of(1, Map.of("x", HostTensor.of(new float[2], 1, 2, 1)));

    assertThatThrownBy(() -> HostBatch.concatenate(List.of(large, small), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static HostBatch tokens(long... ids) {
    float[] mask = new float[ids.length];
    long[] types = new long[ids.length];
    Arrays.fill(mask, 1);
    Arrays.fill(types, 1);
    return new HostBatch(
        1,
        ids.length,
        Map.of(
            Batch.IDS, HostTensor.of(ids, 1, ids.length),
            Batch.MASK, HostTensor.of(mask, 1, ids.length),
            Batch.TOKEN_TYPES, HostTensor.of(types, 1, ids.length)));
  }
}
