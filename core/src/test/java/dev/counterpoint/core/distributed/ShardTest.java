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
  void thePartsTogetherAreAllTheItemsInTheirOrder(int items, int world) {
    long[] all = items(items);

    long[] together =
        IntStream.range(0, world)
            .mapToObj(rank -> Shard.of(rank, world).apply(all))
            .flatMapToLong(Arrays::stream)
            .toArray();

    assertThat(together).isEqualTo(all);
  }

  @ParameterizedTest
  @CsvSource({"12, 3", "13, 3", "14, 3", "1, 4", "3, 4", "100, 7"})
  void theSizesDifferByOneAtMost(int items, int world) {
    int[] sizes =
        IntStream.range(0, world)
            .map(rank -> Shard.of(rank, world).apply(items(items)).length)
            .toArray();

    assertThat(Arrays.stream(sizes).max().getAsInt() - Arrays.stream(sizes).min().getAsInt())
        .isLessThanOrEqualTo(1);
  }

  @Test
  void whereThereAreFewerItemsThanProcessesTheLastOnesGetNone() {
    assertThat(Shard.of(1, 4).apply(items(2))).hasSize(1);
    assertThat(Shard.of(2, 4).apply(items(2))).isEmpty();
    assertThat(Shard.of(3, 4).apply(items(2))).isEmpty();
  }

  @Test
  void aProcessThatIsAloneTakesEverything() {
    assertThat(Shard.whole().apply(items(5))).isEqualTo(items(5));
    assertThat(Shard.of(0, 1).apply(items(5))).isEqualTo(items(5));
  }

  private static long[] items(int count) {
    return LongStream.range(0, count).map(i -> i * 7 % 101).toArray();
  }
}
