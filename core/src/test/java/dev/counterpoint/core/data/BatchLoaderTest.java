package dev.counterpoint.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BatchLoaderTest {
  private static final UnaryOperator<long[]> ALL = UnaryOperator.identity();

  @Test
  void returnsTheStepsOfTheEpochInOrder() {
    List<long[]> steps = new ArrayList<>();
    try (BatchLoader loader = loader(new IndexLabels(10), 4, 0, ALL, 4)) {
      while (loader.hasNext()) {
        try (StepBatch step = loader.next()) {
          steps.add(step.indices());
        }
      }
    }
    assertThat(steps)
        .containsExactly(new long[] {0, 1, 2, 3}, new long[] {4, 5, 6, 7}, new long[] {8, 9});
  }

  @Test
  void splitsAStepIntoMicroBatches() {
    try (BatchLoader loader = loader(new IndexLabels(10), 10, 0, ALL, 4);
        StepBatch step = loader.next()) {
      assertThat(step.microBatches()).extracting(Batch::size).containsExactly(4, 4, 2);
      assertThat(step.microBatches().get(2).labels().toLongArray()).containsExactly(8, 9);
    }
  }

  @Test
  void returnsTheShardOfAProcessAndTheGlobalCount() {
    UnaryOperator<long[]> secondHalf = indices -> Arrays.copyOfRange(indices, 2, 4);
    try (BatchLoader loader = loader(new IndexLabels(8), 4, 0, secondHalf, 8);
        StepBatch step = loader.next()) {
      assertThat(step.indices()).containsExactly(2, 3);
      assertThat(step.globalExamples()).isEqualTo(4);
      assertThat(step.microBatches().get(0).labels().toLongArray()).containsExactly(2, 3);
    }
  }

  @Test
  void anEmptyShardHasNoMicroBatches() {
    try (BatchLoader loader = loader(new IndexLabels(8), 4, 0, indices -> new long[0], 8);
        StepBatch step = loader.next()) {
      assertThat(step.microBatches()).isEmpty();
      assertThat(step.globalExamples()).isEqualTo(4);
    }
  }

  @Test
  void startsInTheMiddleOfAnEpochWithoutReadingEarlierSteps() {
    List<Long> read = new ArrayList<>();
    try (BatchLoader loader = loader(new IndexLabels(12, read::add), 4, 2, ALL, 4);
        StepBatch step = loader.next()) {
      assertThat(step.indices()).containsExactly(8, 9, 10, 11);
      assertThat(loader.hasNext()).isFalse();
    }
    assertThat(read).containsExactly(8L, 9L, 10L, 11L);
  }

  @Test
  void throwsAfterTheLastStep() {
    try (BatchLoader loader = loader(new IndexLabels(4), 4, 1, ALL, 4)) {
      assertThat(loader.hasNext()).isFalse();
      assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
    }
  }

  @Test
  void prefetchesAtMostTwoSteps() throws InterruptedException {
    List<Long> read = new ArrayList<>();
    Semaphore done = new Semaphore(0);
    LongConsumer onRead =
        index -> {
          read.add(index);
          done.release();
        };
    try (BatchLoader loader = loader(new IndexLabels(100, onRead), 1, 0, ALL, 1)) {
      done.acquire(2);
      loader.next().close();
      done.acquire();
    }
    assertThat(read).containsExactly(0L, 1L, 2L);
  }

  @Test
  void rethrowsAnExceptionOfTheDatasetUnchanged() {
    RuntimeException failure = new IllegalStateException("row 5 cannot be read");
    LongConsumer onRead =
        index -> {
          if (index == 5) {
            throw failure;
          }
        };
    try (BatchLoader loader = loader(new IndexLabels(10, onRead), 4, 0, ALL, 2)) {
      loader.next().close();
      assertThatThrownBy(loader::next).isSameAs(failure);
      assertThatThrownBy(loader::next).isSameAs(failure);
    }
  }

  @Test
  void rethrowsAnErrorUnchanged() {
    Error failure = new OutOfMemoryError("test");
    LongConsumer onRead =
        index -> {
          throw failure;
        };
    try (BatchLoader loader = loader(new IndexLabels(10, onRead), 4, 0, ALL, 2)) {
      assertThatThrownBy(loader::next).isSameAs(failure);
    }
  }

  @Test
  void closeFreesPrefetchedSteps() throws InterruptedException {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    Semaphore read = new Semaphore(0);
    BatchLoader loader = loader(new IndexLabels(100, index -> read.release()), 4, 0, ALL, 2);
    loader.next().close();
    read.acquire(8);
    loader.close();
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void aFailedStepFreesItsBatches() {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    LongConsumer onRead =
        index -> {
          if (index == 3) {
            throw new IllegalStateException("row 3 cannot be read");
          }
        };
    try (BatchLoader loader = loader(new IndexLabels(100, onRead), 4, 0, ALL, 2)) {
      assertThatThrownBy(loader::next).hasMessage("row 3 cannot be read");
    }
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void closeWaitsForTheStepInProgress() throws InterruptedException {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch resume = new CountDownLatch(1);
    LongConsumer onRead =
        index -> {
          begun.countDown();
          awaitUninterrupted(resume);
        };
    BatchLoader loader = loader(new IndexLabels(100, onRead), 4, 0, ALL, 4);
    begun.await();
    Thread closing = new Thread(loader::close);
    closing.start();
    resume.countDown();
    closing.join();
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void closeIsIdempotentAndEndsTheIteration() {
    BatchLoader loader = loader(new IndexLabels(100), 4, 0, ALL, 4);
    loader.close();
    loader.close();
    assertThat(loader.hasNext()).isFalse();
    assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void anInterruptCancelsTheWaitAndStaysSet() {
    CountDownLatch resume = new CountDownLatch(1);
    BatchLoader loader =
        loader(new IndexLabels(100, index -> awaitUninterrupted(resume)), 4, 0, ALL, 4);
    Thread.currentThread().interrupt();
    assertThatThrownBy(loader::next).isInstanceOf(CancellationException.class);
    resume.countDown();
    loader.close();
    assertThat(Thread.interrupted()).isTrue();
  }

  private static BatchLoader loader(
      Dataset dataset, int batchSize, long firstStep, UnaryOperator<long[]> shard, int microBatch) {
    ShuffledSampler sampler = ShuffledSampler.inOrder(dataset.size(), batchSize);
    return new BatchLoader(
        step -> new StepBatch(dataset, sampler.indices(step), shard, microBatch, Device.cpu()),
        firstStep,
        sampler.steps());
  }

  private static int nativeArrays(NDManager system) {
    return system.getManagedArrays().size();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Dataset whose labels are the example indices; notifies a listener of each index that is read.
   */
  private record IndexLabels(long size, LongConsumer onRead) implements Dataset {
    IndexLabels(long size) {
      this(size, index -> {});
    }

    @Override
    public HostBatch collate(long[] indices) {
      LongStream.of(indices).forEach(onRead);
      return HostBatch.of(
          indices.length, Map.of(Batch.LABELS, HostTensor.of(indices, indices.length)));
    }
  }
}
