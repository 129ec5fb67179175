package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShuffledSamplerTest {
  @ParameterizedTest
  @CsvSource({"1,1", "1,8", "2,1", "3,2", "7,7", "7,8", "100,32", "1000,7", "4096,64", "5003,10"})
  void everyItemComesExactlyOnce(long size, int batchSize) {
    long[] items = all(ShuffledSampler.shuffled(size, batchSize, 17, 3));
    assertThat(items).containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
  }

  @Test
  void theLastBatchHasWhatIsLeft() {
    ShuffledSampler order = ShuffledSampler.shuffled(100, 32, 1, 0);
    assertThat(order.steps()).isEqualTo(4);
    assertThat(order.items(2)).hasSize(32);
    assertThat(order.items(3)).hasSize(4);
  }

  @Test
  void noItemsAreNoSteps() {
    assertThat(ShuffledSampler.shuffled(0, 32, 1, 0).steps()).isZero();
  }

  @Test
  void aStepBeyondTheEpochIsRefused() {
    ShuffledSampler order = ShuffledSampler.shuffled(100, 32, 1, 0);
    assertThatThrownBy(() -> order.items(4)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void theOrderIsTheSameWhoeverAsks() {
    assertThat(ShuffledSampler.shuffled(1000, 10, 5, 2).items(77))
        .isEqualTo(ShuffledSampler.shuffled(1000, 10, 5, 2).items(77));
  }

  @Test
  void anotherEpochOrSeedHasAnotherOrder() {
    long[] items = ShuffledSampler.shuffled(1000, 10, 5, 2).items(0);
    assertThat(ShuffledSampler.shuffled(1000, 10, 5, 3).items(0)).isNotEqualTo(items);
    assertThat(ShuffledSampler.shuffled(1000, 10, 6, 2).items(0)).isNotEqualTo(items);
  }

  @Test
  void theOrderStaysWhatItIsAcrossReleases() {
    assertThat(ShuffledSampler.shuffled(1000, 8, 17, 0).items(0))
        .containsExactly(387, 232, 800, 96, 358, 735, 741, 841);
  }

  @Test
  void anyPlaceOfASetLargerThanMemoryIsFoundAtOnce() {
    long size = 3_000_000_000_000L;
    ShuffledSampler order = ShuffledSampler.shuffled(size, 1024, 1, 0);
    assertThat(Arrays.stream(order.items(order.steps() - 1)).boxed())
        .allMatch(item -> item >= 0 && item < size)
        .doesNotHaveDuplicates();
  }

  /** Every order is expected 200 times; a chi-square lies within 4 deviations of its mean. */
  @ParameterizedTest
  @CsvSource({"2,2", "3,6", "4,24", "5,120", "6,720"})
  void allOrdersOfAFewItemsAreEquallyLikely(int size, int orders) {
    Map<String, Integer> seen = new HashMap<>();
    for (int seed = 0; seed < 200 * orders; seed++) {
      seen.merge(
          Arrays.toString(all(ShuffledSampler.shuffled(size, size, seed, 0))), 1, Integer::sum);
    }
    assertThat(seen).hasSize(orders);
    assertThat(seen.values().stream().mapToDouble(n -> (n - 200.0) * (n - 200.0) / 200).sum())
        .isCloseTo(orders - 1.0, within(4 * Math.sqrt(2.0 * (orders - 1))));
  }

  /** Each of 100 places holds each of 100 items: 10,000 cells of 100 expected. */
  @Test
  void everyItemIsEquallyLikelyAtEveryPlace() {
    int[][] seen = new int[100][100];
    for (int seed = 0; seed < 10_000; seed++) {
      long[] items = ShuffledSampler.shuffled(100, 100, seed, 0).items(0);
      for (int place = 0; place < 100; place++) {
        seen[place][(int) items[place]]++;
      }
    }
    double chiSquare =
        Arrays.stream(seen)
            .flatMapToInt(Arrays::stream)
            .mapToDouble(n -> (n - 100.0) * (n - 100.0) / 100)
            .sum();
    assertThat(chiSquare).isCloseTo(9801, within(4 * 140.0));
  }

  @Test
  void inOrderIsAsTheItemsLie() {
    assertThat(ShuffledSampler.inOrder(5, 2).items(1)).containsExactly(2, 3);
    assertThat(ShuffledSampler.inOrder(5, 2).items(2)).containsExactly(4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 9, 10, 640, 641, 1000, 1287})
  void groupingByLengthKeepsEveryItemAndEveryStep(long size) {
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(new Lengths(size), 10, 3, 1);
    assertThat(grouped.steps()).isEqualTo(ShuffledSampler.shuffled(size, 10, 3, 1).steps());
    assertThat(all(grouped)).containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
  }

  @Test
  void groupingByLengthLeavesTheShortBatchLast() {
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(new Lengths(1287), 10, 3, 1);
    for (long step = 0; step < grouped.steps(); step++) {
      assertThat(grouped.items(step)).hasSize(step == 128 ? 7 : 10);
    }
  }

  @Test
  void aGroupedStepIsTheSameWhateverWasAskedBefore() {
    ShuffledSampler forward = ShuffledSampler.groupedByLength(new Lengths(2000), 10, 3, 1);
    long[][] steps =
        LongStream.range(0, forward.steps()).mapToObj(forward::items).toArray(long[][]::new);
    ShuffledSampler backward = ShuffledSampler.groupedByLength(new Lengths(2000), 10, 3, 1);
    for (int step = steps.length - 1; step >= 0; step--) {
      assertThat(backward.items(step)).isEqualTo(steps[step]);
    }
  }

  @Test
  void groupedBatchesPadFarLess() {
    Lengths dataset = new Lengths(6400);
    long shuffled = padded(dataset, ShuffledSampler.shuffled(6400, 32, 1, 0));
    long grouped = padded(dataset, ShuffledSampler.groupedByLength(dataset, 32, 1, 0));
    long tokens = LongStream.range(0, 6400).map(dataset::length).sum();
    assertThat(grouped).isLessThan(tokens * 105 / 100);
    assertThat(shuffled).isGreaterThan(tokens * 180 / 100);
  }

  @Test
  void groupedStepsComeInNoOrderOfLength() {
    Lengths dataset = new Lengths(6400);
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(dataset, 100, 1, 0);
    long rising =
        LongStream.range(1, grouped.steps())
            .filter(
                step ->
                    dataset.length(grouped.items(step)[0])
                        > dataset.length(grouped.items(step - 1)[0]))
            .count();
    assertThat(rising).isBetween(20L, 44L);
  }

  private static long[] all(ShuffledSampler order) {
    return LongStream.range(0, order.steps())
        .mapToObj(order::items)
        .flatMapToLong(Arrays::stream)
        .toArray();
  }

  private static long padded(Lengths dataset, ShuffledSampler order) {
    return LongStream.range(0, order.steps())
        .mapToObj(order::items)
        .mapToLong(
            items -> items.length * Arrays.stream(items).map(dataset::length).max().orElse(0))
        .sum();
  }

  /** Items of 1 to 100 tokens, of which nothing else is asked. */
  private record Lengths(long size) implements Dataset.OfVariableLength {
    @Override
    public int length(long item) {
      return (int) (item * 37 % 100) + 1;
    }

    @Override
    public HostBatch collate(long[] items) {
      throw new UnsupportedOperationException();
    }
  }
}
