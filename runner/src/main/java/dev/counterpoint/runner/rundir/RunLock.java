package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Exclusive lock on a run directory for one training process. The operating system releases the
 * lock when the process ends for any reason. On file systems without lock support (some network
 * file systems) the directory is used unlocked.
 */
public final class RunLock implements Closeable {
  /** The first locked byte, beyond the end of the file: Windows blocks reading of locked bytes. */
  private static final long FIRST_BYTE = 1L << 40;

  /** The locked files: closing a second channel to one in this process would release its lock. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private RunLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** The locked part. The lock is two bytes: one for the job, one for the writing rank. */
  private enum Part {
    ALL(0, 2),
    JOB(0, 1),
    WRITING(1, 1);

    private final long first;
    private final long bytes;

    Part(long first, long bytes) {
      this.first = FIRST_BYTE + first;
      this.bytes = bytes;
    }
  }

  /**
   * Locks a run directory, which is created if it does not exist.
   *
   * @param isResumed whether the run already exists
   * @throws InvalidSettings if another process has locked the directory, with its process ID, or if
   *     the directory is not writable
   */
  public static RunLock hold(RunDirectory directory, boolean isResumed) {
    return hold(directory, isResumed, Part.ALL);
  }

  /** Locks a run directory for the launcher of a job; rank 0 then locks it for writing. */
  public static RunLock holdForJob(RunDirectory directory, boolean isResumed) {
    return hold(directory, isResumed, Part.JOB);
  }

  /** Locks a run directory for rank 0; an earlier process may have started the run. */
  public static RunLock holdForWriting(RunDirectory directory) {
    return hold(directory, true, Part.WRITING);
  }

  private static RunLock hold(RunDirectory directory, boolean isResumed, Part part) {
    RunLock lock;
    try {
      if (!Files.isDirectory(directory.path())) {
        Files.createDirectories(directory.path().resolveSibling(""));
        FileAccess.createPrivateFolder(directory.path());
      }
      directory.requireNoLinks();
      lock = lock(directory.lock(), part);
    } catch (IOException e) {
      throw new InvalidSettings(
          "The run directory " + directory.path() + " is not writable: " + IoFailure.of(e) + ".");
    }
    if (lock == null) {
      throw new InvalidSettings(
          "The run in %s is in use by training process %s. Stop that process first, or choose another output directory with --output.",
          directory.path(), pid(directory.lock()));
    }
    if (!isResumed && RunDirectory.isRun(directory.path())) {
      lock.close();
      throw new InvalidSettings(
          "Another process has just started a run in %s. Choose another output directory.",
          directory.path());
    }
    return lock;
  }

  private static @Nullable RunLock lock(Path file, Part part) throws IOException {
    if (!HELD.add(file)) {
      return null;
    }
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      HELD.remove(file);
      throw e;
    }
    RunLock lock = new RunLock(file, channel);
    try {
      if (isFree(channel, part)) {
        byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(pid), 0);
        return lock;
      }
    } catch (IOException e) {
      lock.close();
      throw e;
    }
    lock.close();
    return null;
  }

  /**
   * Whether a process holds the lock of a run directory, which may come from anyone. On file
   * systems without lock support the result is false.
   */
  static boolean isHeld(RunDirectory directory) {
    Path file = directory.lock();
    if (HELD.contains(file)) { // Closing a second channel would release the lock.
      return true;
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.tryLock(Part.ALL.first, Part.ALL.bytes, true) == null; // closed with it
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isFree(FileChannel channel, Part part) {
    try {
      return channel.tryLock(part.first, part.bytes, false) != null;
    } catch (IOException e) {
      return true; // The file system does not support locks.
    }
  }

  private static String pid(Path file) {
    try {
      String pid = Files.readString(file).strip();
      return pid.isEmpty() ? "that starts at the same time" : pid;
    } catch (IOException e) {
      return "(unknown process ID)";
    }
  }

  /** Releases the lock; the lock file is kept, because another process may have opened it. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The lock is released when the process ends at the latest.
    }
    HELD.remove(file);
  }
}
