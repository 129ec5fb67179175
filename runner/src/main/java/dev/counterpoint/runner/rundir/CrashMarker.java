package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.data.Batch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Notes what is about to be computed in a small file that is gone after an orderly end. What is
 * found of it at the next start says where a process was that nobody could ask any more: the system
 * ended it for want of memory, or somebody with SIGKILL. It is no more than a remark; where it
 * cannot be written the run goes on without.
 */
public final class CrashMarker implements Callback.BeforeBatch, AutoCloseable {
  private static final int LENGTH = 512; // bytes; one note takes the place of another wholly
  private static final long MEMORY_EVERY = 1_000_000_000L; // nanoseconds between two looks at it
  private static final long PROCESS = ProcessHandle.current().pid();
  private static final JsonMapper JSON = new JsonMapper();

  private final RunDirectory directory;
  private final ByteBuffer note = ByteBuffer.allocateDirect(LENGTH);
  private @Nullable FileChannel channel;
  private long memoryRead;
  private long peakBytes;

  /** Writes nothing yet. */
  public CrashMarker(RunDirectory directory) {
    this.directory = directory;
  }

  /** Takes what the process before left, as a sentence, if it came to no orderly end. */
  public static Optional<String> take(RunDirectory directory) {
    return note(directory).map(CrashMarker::sentence);
  }

  /** Takes what the process before left, and gives the step that it was in. */
  public static OptionalLong takeStep(RunDirectory directory) {
    return note(directory)
        .map(note -> OptionalLong.of(note.path("step").asLong()))
        .orElse(OptionalLong.empty());
  }

  private static Optional<JsonNode> note(RunDirectory directory) {
    try {
      String text = Files.readString(directory.crashMarker()).strip();
      Files.delete(directory.crashMarker());
      return Optional.of(JSON.readTree(text)).filter(it -> it.path("step").isIntegralNumber());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String sentence(JsonNode note) {
    return String.format(
        Locale.ROOT,
        "Process %d, which trained this run before, was cut off in step %d, micro-batch %d: %s."
            + " It held %.1f GB of memory at its peak. If the system ended it for want of memory,"
            + " lower training.microBatchSize, training.batchSize, or the model's or data's"
            + " maxLength.",
        note.path("process").asLong(),
        note.path("step").asLong(),
        note.path("microBatch").asInt(),
        note.path("batch").asText(),
        note.path("peakBytes").asLong() / 1e9);
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    long now = System.nanoTime();
    if (channel == null || now - memoryRead > MEMORY_EVERY) {
      memoryRead = now;
      peakBytes = PeakMemory.bytes().orElse(0);
    }
    // By hand: this is done in every step.
    String note =
        "{\"process\": "
            + PROCESS
            + ", \"step\": "
            + step
            + ", \"microBatch\": "
            + microBatch
            + ", \"peakBytes\": "
            + peakBytes
            + ", \"batch\": \""
            + batch
            + "\"}";
    try {
      write(note.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // A full disk is told by those whose files matter.
    }
  }

  private void write(byte[] text) throws IOException {
    if (channel == null) {
      channel =
          FileChannel.open(
              directory.crashMarker(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    note.clear().put(text, 0, Math.min(text.length, LENGTH));
    while (note.hasRemaining()) {
      note.put((byte) ' ');
    }
    channel.write(note.flip(), 0);
  }

  /**
   * An orderly end, be it a failure that was told. A note that this one has not written is
   * another's.
   */
  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
      Files.deleteIfExists(directory.crashMarker());
    }
  }
}
