package dev.counterpoint.models.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubLockTest {
  private static final DownloadListener SILENT =
      new DownloadListener() {
        @Override
        public void log(String line) {}

        @Override
        public void received(String file, long bytes, long total) {}
      };

  @TempDir Path folder;

  @Test
  void failedLockDoesNotBlockOtherThreads() throws Exception {
    try (FileChannel other =
            FileChannel.open(
                folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = other.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> HubLock.acquire(folder, SILENT))
          .isInstanceOf(OverlappingFileLockException.class);
    }

    CompletableFuture<Void> acquired = CompletableFuture.runAsync(this::acquire);
    assertThat(acquired.get(30, TimeUnit.SECONDS)).isNull();
  }

  private void acquire() {
    try {
      HubLock.acquire(folder, SILENT).close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
