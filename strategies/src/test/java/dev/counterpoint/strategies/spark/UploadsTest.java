package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class UploadsTest {
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final AtomicInteger saves = new AtomicInteger();

  @Test
  void aSlowUploadIsNotWaitedForUntilTheEnd() throws IOException {
    CountDownLatch slow = new CountDownLatch(1);
    try (RunStore.Uploads uploads = uploads(save -> slow.await())) {
      uploads.begin();
      uploads.begin();
      slow.countDown();
      uploads.finish();
    }

    assertThat(saves).as("the first one, and the rest at the end").hasValue(2);
    assertThat(problems).isEmpty();
  }

  @Test
  void aFailureIsReportedOnceAndTriedAgain() throws Exception {
    try (RunStore.Uploads uploads =
        uploads(
            save -> {
              if (save <= 2) {
                throw new IOException("no connection");
              }
            })) {
      while (saves.get() < 3) {
        uploads.begin();
        Thread.sleep(1);
      }
      uploads.finish();
    }

    assertThat(problems).containsExactly("no connection");
  }

  @Test
  void aFailureAtTheEndIsThrown() {
    try (RunStore.Uploads uploads =
        uploads(
            save -> {
              throw new IOException("no connection");
            })) {
      uploads.begin();

      assertThatThrownBy(uploads::finish).isInstanceOf(IOException.class);
    }
  }

  private interface Save {
    void make(int number) throws IOException, InterruptedException;
  }

  private RunStore.Uploads uploads(Save save) {
    RunStore store =
        new RunStore() {
          @Override
          public Path directory() {
            return Path.of("run");
          }

          @Override
          public boolean isShared() {
            return false;
          }

          @Override
          public void fetch(int rank) {}

          @Override
          public void save() throws IOException {
            try {
              save.make(saves.incrementAndGet());
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }

          @Override
          public void saveOwn(int rank) {}
        };
    return new RunStore.Uploads(store, problems::add);
  }
}
