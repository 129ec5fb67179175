package dev.counterpoint.models.internal.hub;

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
 * Lock that lets one thread of one process download a model; the others wait and then find it in
 * the cache. On a file system without locks it only excludes threads of this process.
 */
final class HubLock implements Closeable {
  /** File locks are per process; this lock excludes other threads. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final FileChannel channel;

  private HubLock(FileChannel channel) {
    this.channel = channel;
  }

  static HubLock acquire(Path folder, DownloadListener listener) throws IOException {
    THREADS.lock();
    try {
      return new HubLock(lock(folder, listener));
    } catch (IOException | RuntimeException e) {
      THREADS.unlock();
      throw e;
    }
  }

  private static FileChannel lock(Path folder, DownloadListener listener) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        listener.log("Waiting for another process that is downloading to " + folder + ".");
        channel.lock();
      }
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Tries to lock the file.
   *
   * @return null if another process holds the lock; any other value if it is acquired or the file
   *     system does not support locks
   */
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
