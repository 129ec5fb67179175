package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Marker file for diagnosing crashed training processes. It records the step and micro-batch about
 * to be computed, and is deleted when the process ends in an orderly way. If it exists at the next
 * start, the previous process was killed without a message, for example by the out-of-memory killer
 * or SIGKILL. The marker is only informational: if it cannot be written, training continues without
 * it.
 */
public final class CrashMarker implements Callback.BeforeBatch, AutoCloseable {
  private static final int LENGTH = 512; // bytes, fixed, so that each write replaces the last one
  private static final long MEMORY_INTERVAL = 1_000_000_000L; // ns between memory measurements
  private static final long PROCESS = ProcessHandle.current().pid();

  private final RunDirectory directory;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);
  private @Nullable FileChannel channel;
  private long memoryRead;
  private long peakBytes;

  /** A marker in a run directory; the file is created with the first micro-batch. */
  public CrashMarker(RunDirectory directory) {
    this.directory = directory;
  }

  /**
   * Reads and deletes the marker of the previous process.
   *
   * @return a message about the crash; empty if the previous process ended in an orderly way
   */
  public static Optional<String> take(RunDirectory directory) {
    return takeMarker(directory).map(CrashMarker::message);
  }

  /** Reads and deletes the marker of the previous process, and returns the step it crashed in. */
  public static OptionalLong takeStep(RunDirectory directory) {
    return takeMarker(directory).stream().mapToLong(it -> it.path("step").asLong()).findFirst();
  }

  /**
   * Reads the marker of the last process and keeps it. The run directory may come from anyone.
   *
   * @return a message about the crash; empty if there is no marker of a plain file
   */
  static Optional<String> peek(RunDirectory directory) {
    Path file = file(directory);
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && file.toFile().length() <= LENGTH
        ? read(file).map(CrashMarker::message)
        : Optional.empty();
  }

  private static Path file(RunDirectory directory) {
    Path former = directory.path().resolve(".heartbeat"); // of version 0.1
    return Files.exists(former) ? former : directory.crashMarker();
  }

  private static Optional<JsonNode> takeMarker(RunDirectory directory) {
    Path file = file(directory);
    Optional<JsonNode> marker = read(file);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It is read again at the next start.
    }
    return marker;
  }

  private static Optional<JsonNode> read(Path file) {
    try {
      String text = Files.readString(file).strip();
      return Optional.of(Json.MAPPER.readTree(text))
          .filter(it -> it.path("step").isIntegralNumber());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String message(JsonNode marker) {
    return Formats.of(
        "The previous training process %d was killed in step %d, micro-batch %d: %s. Its peak"
            + " memory was %.1f GB. If it ran out of memory, reduce training.microBatchSize,"
            + " training.batchSize, or maxLength of the model or data.",
        marker.path("process").asLong(),
        marker.path("step").asLong(),
        marker.path("microBatch").asInt(),
        marker.path("batch").asText(),
        marker.path("peakBytes").asLong() / 1e9);
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    long now = System.nanoTime();
    if (channel == null || now - memoryRead > MEMORY_INTERVAL) {
      memoryRead = now;
      peakBytes = PeakMemory.bytes().orElse(0);
    }
    ObjectNode json = Json.MAPPER.createObjectNode().put("process", PROCESS).put("step", step);
    json.put("microBatch", microBatch).put("peakBytes", peakBytes).put("batch", batch.toString());
    try {
      write(Json.MAPPER.writeValueAsBytes(json));
    } catch (IOException e) {
      // A full disk is reported when more important files are written.
    }
  }

  private void write(byte[] text) throws IOException {
    if (channel == null) {
      channel =
          FileChannel.open(
              directory.crashMarker(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    buffer.clear().put(text, 0, Math.min(text.length, LENGTH));
    while (buffer.hasRemaining()) {
      buffer.put((byte) ' ');
    }
    channel.write(buffer.flip(), 0);
  }

  /**
   * Deletes the marker at an orderly end, including a reported failure. A marker that this object
   * has not written belongs to another process and is kept.
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
