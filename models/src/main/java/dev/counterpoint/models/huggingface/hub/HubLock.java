package dev.counterpoint.models.huggingface.hub;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one process, and one thread of it, fetch a model; the others wait, and find it there. A file
 * system that knows no locks is taken as it is.
 */
final class HubLock implements Closeable {
  /** A system lock is the process's: its threads need another. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final FileChannel channel;

  private HubLock(FileChannel channel) {
    this.channel = channel;
  }

  static HubLock hold(Path folder, DownloadListener watch) throws IOException {
    THREADS.lock();
    HubLock held = null;
    try {
      held = new HubLock(lock(folder, watch));
      return held;
    } finally {
      if (held == null) {
        THREADS.unlock();
      }
    }
  }

  private static FileChannel lock(Path folder, DownloadListener watch) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        watch.say("Another process is fetching into " + folder + "; this one waits for it.");
        channel.lock();
      }
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Where there are no locks, something that is none is as good. */
  private static @Nullable Object tryLock(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock();
      return lock;
    } catch (IOException e) {
      return channel;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      THREADS.unlock();
    }
  }
}
