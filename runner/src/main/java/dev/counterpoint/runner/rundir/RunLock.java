package dev.counterpoint.runner.rundir;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.IoFailure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds a run directory for one training process. The system takes the lock back when the process
 * is gone, however it went. A file system that knows no locks (some network ones) is taken as it
 * is.
 */
public final class RunLock implements Closeable {
  /** Behind the file's content, which others may read: Windows lets nobody read what is locked. */
  private static final long FIRST_BYTE = 1L << 40;

  /** A system lock is the process's, not the channel's: closing a second channel would free it. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private RunLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** What a process has a directory for. The lock is two bytes, one for each of the two parts. */
  private enum Part {
    WHOLE(0, 2),
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
   * Takes the directory of a run, which is made where it is not there yet.
   *
   * @param isResumed whether the run is there already
   * @throws InvalidSettings where another process has it, naming that, or where it cannot be
   *     written
   */
  public static RunLock hold(RunDirectory directory, boolean isResumed) {
    return hold(directory, isResumed, Part.WHOLE);
  }

  /** Takes it for the launcher of a job, whose rank 0 then takes it for writing. */
  public static RunLock holdForJob(RunDirectory directory, boolean isResumed) {
    return hold(directory, isResumed, Part.JOB);
  }

  /** Takes it for the rank that writes; it may go on with what a rank before it has begun. */
  public static RunLock holdForWriting(RunDirectory directory) {
    return hold(directory, true, Part.WRITING);
  }

  private static RunLock hold(RunDirectory directory, boolean isResumed, Part part) {
    RunLock lock;
    try {
      Files.createDirectories(directory.path());
      lock = lock(directory.lock(), part);
    } catch (IOException e) {
      throw new InvalidSettings(
          "The run directory " + directory.path() + " cannot be written: " + IoFailure.of(e) + ".");
    }
    if (lock == null) {
      throw new InvalidSettings(
          "The run in "
              + directory.path()
              + " is being trained by process "
              + pid(directory.lock())
              + ". Stop that one first, or start a run in another directory.");
    }
    if (!isResumed && RunDirectory.isRun(directory.path())) {
      lock.close();
      throw new InvalidSettings(
          "Another process has just begun a run in " + directory.path() + ". Name another.");
    }
    return lock;
  }

  private static @Nullable RunLock lock(Path file, Part part) throws IOException {
    if (!HELD.add(file)) {
      return null;
    }
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isFree(channel, part)) {
        byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(pid), 0);
        return new RunLock(file, channel);
      }
      channel.close();
      HELD.remove(file);
      return null;
    } catch (IOException e) {
      HELD.remove(file);
      throw e;
    }
  }

  private static boolean isFree(FileChannel channel, Part part) {
    try {
      return channel.tryLock(part.first, part.bytes, false) != null;
    } catch (IOException e) {
      return true; // No locks here.
    }
  }

  private static String pid(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "(which cannot be read)";
    }
  }

  /** Lets others have the directory; the file stays, as another process may have opened it. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The lock goes with the process at the latest.
    }
    HELD.remove(file);
  }
}
