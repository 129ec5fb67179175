package dev.counterpoint.core.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardTest {
  @ParameterizedTest
  @CsvSource({"12, 3", "13, 3", "14, 3", "1, 4", "3, 4", "0, 2", "100, 7"})
  void theShardsTogetherAreAllExamplesInOrder(int count, int worldSize) {
    long[] all = examples(count);

    long[] together =
        IntStream.range(0, worldSize)
            .mapToObj(rank -> Shard.of(rank, worldSize).apply(all))
            .flatMapToLong(Arrays::stream)
            .toArray();

    assertThat(together).isEqualTo(all);
  }

  @ParameterizedTest
  @CsvSource({"12, 3", "13, 3", "14, 3", "1, 4", "3, 4", "100, 7"})
  void shardSizesDifferByAtMostOne(int count, int worldSize) {
    int[] sizes =
        IntStream.range(0, worldSize)
            .map(rank -> Shard.of(rank, worldSize).apply(examples(count)).length)
            .toArray();

    assertThat(Arrays.stream(sizes).max().getAsInt() - Arrays.stream(sizes).min().getAsInt())
        .isLessThanOrEqualTo(1);
  }

  @Test
  void withFewerExamplesThanProcessesTheLastShardsAreEmpty() {
    assertThat(Shard.of(1, 4).apply(examples(2))).hasSize(1);
    assertThat(Shard.of(2, 4).apply(examples(2))).isEmpty();
    assertThat(Shard.of(3, 4).apply(examples(2))).isEmpty();
  }

  @Test
  void theShardOfASingleProcessIsTheWholeBatch() {
    assertThat(Shard.of(0, 1).apply(examples(5))).isEqualTo(examples(5));
  }

  private static long[] examples(int count) {
    return LongStream.range(0, count).map(i -> i * 7 % 101).toArray();
  }
}
