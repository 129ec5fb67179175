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
  void everyExampleOccursExactlyOnce(long size, int batchSize) {
    long[] indices = allIndices(ShuffledSampler.shuffled(size, batchSize, 17, 3));
    assertThat(indices).containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
  }

  @Test
  void theLastStepHasTheRemainingExamples() {
    ShuffledSampler sampler = ShuffledSampler.shuffled(100, 32, 1, 0);
    assertThat(sampler.steps()).isEqualTo(4);
    assertThat(sampler.indices(2)).hasSize(32);
    assertThat(sampler.indices(3)).hasSize(4);
  }

  @Test
  void anEmptyDatasetHasNoSteps() {
    assertThat(ShuffledSampler.shuffled(0, 32, 1, 0).steps()).isZero();
  }

  @Test
  void aStepBeyondTheEpochIsRejected() {
    ShuffledSampler sampler = ShuffledSampler.shuffled(100, 32, 1, 0);
    assertThatThrownBy(() -> sampler.indices(4)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void theOrderIsReproducible() {
    assertThat(ShuffledSampler.shuffled(1000, 10, 5, 2).indices(77))
        .isEqualTo(ShuffledSampler.shuffled(1000, 10, 5, 2).indices(77));
  }

  @Test
  void theOrderDependsOnEpochAndSeed() {
    long[] indices = ShuffledSampler.shuffled(1000, 10, 5, 2).indices(0);
    assertThat(ShuffledSampler.shuffled(1000, 10, 5, 3).indices(0)).isNotEqualTo(indices);
    assertThat(ShuffledSampler.shuffled(1000, 10, 6, 2).indices(0)).isNotEqualTo(indices);
  }

  @Test
  void theOrderIsStableAcrossReleases() {
    assertThat(ShuffledSampler.shuffled(1000, 8, 17, 0).indices(0))
        .containsExactly(387, 232, 800, 96, 358, 735, 741, 841);
  }

  @Test
  void aStepOfADatasetLargerThanMemoryIsFoundDirectly() {
    long size = 3_000_000_000_000L;
    ShuffledSampler sampler = ShuffledSampler.shuffled(size, 1024, 1, 0);
    assertThat(Arrays.stream(sampler.indices(sampler.steps() - 1)).boxed())
        .allMatch(index -> index >= 0 && index < size)
        .doesNotHaveDuplicates();
  }

  /**
   * Each order is expected 200 times; the chi-square must lie within 4 standard deviations of its
   * mean.
   */
  @ParameterizedTest
  @CsvSource({"2,2", "3,6", "4,24", "5,120", "6,720"})
  void allOrdersOfFewExamplesAreEquallyLikely(int size, int orders) {
    Map<String, Integer> counts = new HashMap<>();
    for (int seed = 0; seed < 200 * orders; seed++) {
      counts.merge(
          Arrays.toString(allIndices(ShuffledSampler.shuffled(size, size, seed, 0))),
          1,
          Integer::sum);
    }
    assertThat(counts).hasSize(orders);
    assertThat(
            counts.values().stream()
                .mapToDouble(count -> (count - 200.0) * (count - 200.0) / 200)
                .sum())
        .isCloseTo(orders - 1.0, within(4 * Math.sqrt(2.0 * (orders - 1))));
  }

  /** 100 positions times 100 examples: 10,000 cells with an expected count of 100 each. */
  @Test
  void everyExampleIsEquallyLikelyAtEveryPosition() {
    int[][] counts = new int[100][100];
    for (int seed = 0; seed < 10_000; seed++) {
      long[] indices = ShuffledSampler.shuffled(100, 100, seed, 0).indices(0);
      for (int position = 0; position < 100; position++) {
        counts[position][(int) indices[position]]++;
      }
    }
    double chiSquare =
        Arrays.stream(counts)
            .flatMapToInt(Arrays::stream)
            .mapToDouble(count -> (count - 100.0) * (count - 100.0) / 100)
            .sum();
    assertThat(chiSquare).isCloseTo(9801, within(4 * 140.0));
  }

  @Test
  void inOrderKeepsTheOrderOfTheDataset() {
    assertThat(ShuffledSampler.inOrder(5, 2).indices(1)).containsExactly(2, 3);
    assertThat(ShuffledSampler.inOrder(5, 2).indices(2)).containsExactly(4);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 9, 10, 640, 641, 1000, 1287})
  void groupingByLengthKeepsAllExamplesAndSteps(long size) {
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(new Lengths(size), 10, 3, 1);
    assertThat(grouped.steps()).isEqualTo(ShuffledSampler.shuffled(size, 10, 3, 1).steps());
    assertThat(allIndices(grouped)).containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
  }

  @Test
  void groupingByLengthKeepsTheSmallerBatchLast() {
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(new Lengths(1287), 10, 3, 1);
    for (long step = 0; step < grouped.steps(); step++) {
      assertThat(grouped.indices(step)).hasSize(step == 128 ? 7 : 10);
    }
  }

  @Test
  void aGroupedStepIsIndependentOfTheAccessOrder() {
    ShuffledSampler forward = ShuffledSampler.groupedByLength(new Lengths(2000), 10, 3, 1);
    long[][] steps =
        LongStream.range(0, forward.steps()).mapToObj(forward::indices).toArray(long[][]::new);
    ShuffledSampler backward = ShuffledSampler.groupedByLength(new Lengths(2000), 10, 3, 1);
    for (int step = steps.length - 1; step >= 0; step--) {
      assertThat(backward.indices(step)).isEqualTo(steps[step]);
    }
  }

  @Test
  void groupingByLengthReducesPadding() {
    Lengths dataset = new Lengths(6400);
    long shuffled = padded(dataset, ShuffledSampler.shuffled(6400, 32, 1, 0));
    long grouped = padded(dataset, ShuffledSampler.groupedByLength(dataset, 32, 1, 0));
    long tokens = LongStream.range(0, 6400).map(dataset::length).sum();
    assertThat(grouped).isLessThan(tokens * 105 / 100);
    assertThat(shuffled).isGreaterThan(tokens * 180 / 100);
  }

  @Test
  void groupedStepsAreNotOrderedByLength() {
    Lengths dataset = new Lengths(6400);
    ShuffledSampler grouped = ShuffledSampler.groupedByLength(dataset, 100, 1, 0);
    long increases =
        LongStream.range(1, grouped.steps())
            .filter(
                step ->
                    dataset.length(grouped.indices(step)[0])
                        > dataset.length(grouped.indices(step - 1)[0]))
            .count();
    assertThat(increases).isBetween(20L, 44L);
  }

  private static long[] allIndices(ShuffledSampler sampler) {
    return LongStream.range(0, sampler.steps())
        .mapToObj(sampler::indices)
        .flatMapToLong(Arrays::stream)
        .toArray();
  }

  private static long padded(Lengths dataset, ShuffledSampler sampler) {
    return LongStream.range(0, sampler.steps())
        .mapToObj(sampler::indices)
        .mapToLong(
            indices -> indices.length * Arrays.stream(indices).map(dataset::length).max().orElse(0))
        .sum();
  }

  /** Examples of 1 to 100 tokens; only their lengths are used. */
  private record Lengths(long size) implements Dataset.OfVariableLength {
    @Override
    public int length(long index) {
      return (int) (index * 37 % 100) + 1;
    }

    @Override
    public HostBatch collate(long[] indices) {
      throw new UnsupportedOperationException();
    }
  }
}
