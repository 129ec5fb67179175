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
  void everyStepOfTheEpochComesInOrder() {
    List<long[]> steps = new ArrayList<>();
    try (BatchLoader loader = loader(new Numbers(10), 4, 0, ALL, 4)) {
      while (loader.hasNext()) {
        try (StepBatch step = loader.next()) {
          steps.add(step.items());
        }
      }
    }
    assertThat(steps)
        .containsExactly(new long[] {0, 1, 2, 3}, new long[] {4, 5, 6, 7}, new long[] {8, 9});
  }

  @Test
  void aStepIsCutIntoMicroBatches() {
    try (BatchLoader loader = loader(new Numbers(10), 10, 0, ALL, 4);
        StepBatch step = loader.next()) {
      assertThat(step.microBatches()).extracting(Batch::size).containsExactly(4, 4, 2);
      assertThat(step.microBatches().get(2).labels().toLongArray()).containsExactly(8, 9);
    }
  }

  @Test
  void aProcessHasItsShareAndKnowsTheWhole() {
    UnaryOperator<long[]> second = items -> Arrays.copyOfRange(items, 2, 4);
    try (BatchLoader loader = loader(new Numbers(8), 4, 0, second, 8);
        StepBatch step = loader.next()) {
      assertThat(step.items()).containsExactly(2, 3);
      assertThat(step.globalItems()).isEqualTo(4);
      assertThat(step.microBatches().get(0).labels().toLongArray()).containsExactly(2, 3);
    }
  }

  @Test
  void anEmptyShareHasNoMicroBatches() {
    try (BatchLoader loader = loader(new Numbers(8), 4, 0, items -> new long[0], 8);
        StepBatch step = loader.next()) {
      assertThat(step.microBatches()).isEmpty();
      assertThat(step.globalItems()).isEqualTo(4);
    }
  }

  @Test
  void itGoesOnInTheMiddleOfAnEpochWithoutReadingWhatCameBefore() {
    List<Long> read = new ArrayList<>();
    try (BatchLoader loader = loader(new Numbers(12, read::add), 4, 2, ALL, 4);
        StepBatch step = loader.next()) {
      assertThat(step.items()).containsExactly(8, 9, 10, 11);
      assertThat(loader.hasNext()).isFalse();
    }
    assertThat(read).containsExactly(8L, 9L, 10L, 11L);
  }

  @Test
  void anEpochThatIsOverHasNoNext() {
    try (BatchLoader loader = loader(new Numbers(4), 4, 1, ALL, 4)) {
      assertThat(loader.hasNext()).isFalse();
      assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
    }
  }

  @Test
  void noMoreThanTwoStepsAreAssembledAhead() throws InterruptedException {
    List<Long> read = new ArrayList<>();
    Semaphore done = new Semaphore(0);
    LongConsumer reading =
        item -> {
          read.add(item);
          done.release();
        };
    try (BatchLoader loader = loader(new Numbers(100, reading), 1, 0, ALL, 1)) {
      done.acquire(2);
      loader.next().close();
      done.acquire();
    }
    assertThat(read).containsExactly(0L, 1L, 2L);
  }

  @Test
  void whatTheDataSetThrowsReachesTheConsumerAsItself() {
    RuntimeException failure = new IllegalStateException("row 5 cannot be read");
    LongConsumer reading =
        item -> {
          if (item == 5) {
            throw failure;
          }
        };
    try (BatchLoader loader = loader(new Numbers(10, reading), 4, 0, ALL, 2)) {
      loader.next().close();
      assertThatThrownBy(loader::next).isSameAs(failure);
      assertThatThrownBy(loader::next).isSameAs(failure);
    }
  }

  @Test
  void anErrorReachesTheConsumerAsItself() {
    Error failure = new OutOfMemoryError("a test's");
    LongConsumer reading =
        item -> {
          throw failure;
        };
    try (BatchLoader loader = loader(new Numbers(10, reading), 4, 0, ALL, 2)) {
      assertThatThrownBy(loader::next).isSameAs(failure);
    }
  }

  @Test
  void closingClosesWhatWasNotTaken() throws InterruptedException {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    Semaphore read = new Semaphore(0);
    BatchLoader loader = loader(new Numbers(100, item -> read.release()), 4, 0, ALL, 2);
    loader.next().close();
    read.acquire(8);
    loader.close();
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void aStepThatFailsHalfWayLeavesNothingBehind() {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    LongConsumer reading =
        item -> {
          if (item == 3) {
            throw new IllegalStateException("row 3 cannot be read");
          }
        };
    try (BatchLoader loader = loader(new Numbers(100, reading), 4, 0, ALL, 2)) {
      assertThatThrownBy(loader::next).hasMessage("row 3 cannot be read");
    }
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void closingWaitsForTheStepThatIsBeingAssembled() throws InterruptedException {
    NDManager system = Torch.newManager(Device.cpu()).getParentManager();
    int before = nativeArrays(system);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch resume = new CountDownLatch(1);
    LongConsumer reading =
        item -> {
          begun.countDown();
          awaitCalmly(resume);
        };
    BatchLoader loader = loader(new Numbers(100, reading), 4, 0, ALL, 4);
    begun.await();
    Thread closing = new Thread(loader::close);
    closing.start();
    resume.countDown();
    closing.join();
    assertThat(nativeArrays(system)).isEqualTo(before);
  }

  @Test
  void closingTwiceIsAllowedAndNothingComesAfter() {
    BatchLoader loader = loader(new Numbers(100), 4, 0, ALL, 4);
    loader.close();
    loader.close();
    assertThat(loader.hasNext()).isFalse();
    assertThatThrownBy(loader::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void anInterruptEndsTheWaitAndStaysSet() {
    CountDownLatch resume = new CountDownLatch(1);
    BatchLoader loader = loader(new Numbers(100, item -> awaitCalmly(resume)), 4, 0, ALL, 4);
    Thread.currentThread().interrupt();
    assertThatThrownBy(loader::next).isInstanceOf(CancellationException.class);
    resume.countDown();
    loader.close();
    assertThat(Thread.interrupted()).isTrue();
  }

  private static BatchLoader loader(
      Dataset dataset, int batchSize, long firstStep, UnaryOperator<long[]> share, int microBatch) {
    ShuffledSampler order = ShuffledSampler.inOrder(dataset.size(), batchSize);
    return new BatchLoader(dataset, order, firstStep, share, microBatch, Device.cpu());
  }

  private static int nativeArrays(NDManager system) {
    return system.getManagedArrays().size();
  }

  private static void awaitCalmly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Items whose label is their number; tells of each that is read. */
  private record Numbers(long size, LongConsumer reading) implements Dataset {
    Numbers(long size) {
      this(size, item -> {});
    }

    @Override
    public HostBatch collate(long[] items) {
      LongStream.of(items).forEach(reading);
      return HostBatch.of(items.length, Map.of(Batch.LABELS, HostTensor.of(items, items.length)));
    }
  }
}
