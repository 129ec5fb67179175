package dev.counterpoint.serving.feature.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.serving.feature.FeaturesUnavailable;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class LookupsTest {
  private final Lookups lookups = new Lookups("store", Duration.ofMillis(200), 1, 1);
  private final CountDownLatch blocked = new CountDownLatch(1);

  @AfterEach
  void close() {
    blocked.countDown();
    lookups.close();
  }

  private Void block() throws InterruptedException {
    blocked.await();
    return null;
  }

  @Test
  void aLookupThatWaitsTooLongFailsAndDoesNotRun() throws Exception {
    AtomicBoolean hasRun = new AtomicBoolean();
    CompletableFuture<Void> first = lookups.run(this::block);
    CompletableFuture<Boolean> second = lookups.run(() -> hasRun.getAndSet(true));

    assertThatThrownBy(first::join).hasCauseInstanceOf(FeaturesUnavailable.class);
    assertThatThrownBy(second::join).hasCauseInstanceOf(FeaturesUnavailable.class);
    blocked.countDown();

    assertThat(answer()).isEqualTo(42);
    assertThat(hasRun).isFalse();
  }

  /** The answer of the first lookup that finds room in the queue. */
  private int answer() {
    while (true) {
      try {
        return lookups.run(() -> 42).join();
      } catch (CompletionException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void lookupsBeyondTheQueueFailAtOnce() {
    var unusedRunning = lookups.run(this::block);
    var unusedWaiting = lookups.run(this::block);

    assertThat(lookups.run(this::block)).isCompletedExceptionally();
  }

  @Test
  void aFailureIsThatOfTheStore() {
    assertThatThrownBy(
            () ->
                lookups
                    .run(
                        () -> {
                          throw new SQLException("broken\ndetails");
                        })
                    .join())
        .hasCauseInstanceOf(FeaturesUnavailable.class)
        .hasMessageContaining("store: broken");
  }
}
