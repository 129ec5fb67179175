package dev.counterpoint.core.callback.tensorboard;

import dev.counterpoint.core.callback.tensorboard.proto.Event;
import dev.counterpoint.core.callback.tensorboard.proto.Summary;
import dev.counterpoint.core.internal.storage.DiskSync;
import dev.counterpoint.core.internal.storage.IoFailure;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * TensorBoard event file: one record for each event. An event is written to the operating system at
 * once, so that a killed process loses no earlier event and leaves at most the last one incomplete.
 */
record EventFile(Path path) {
  private static final String VERSION = "brain.Event:2";

  /**
   * Opens a file to append events after a step. Events of later steps and an incomplete event are
   * truncated. The file is created if it does not exist.
   *
   * @param remaining receives each event that remains in the file
   */
  static EventFile after(long step, Path path, Consumer<Event> remaining) throws IOException {
    EventFile file = new EventFile(path);
    if (Files.exists(path)) {
      file.truncate(file.completeBytes(step, remaining));
    }
    if (!Files.exists(path) || Files.size(path) == 0) {
      Path folder = path.toAbsolutePath().resolveSibling(".");
      Files.createDirectories(folder);
      if (!Files.exists(path)) {
        Files.createFile(path);
      }
      file.append(Event.newBuilder().setFileVersion(VERSION));
      DiskSync.ofDirectory(folder);
      DiskSync.ofDirectory(folder.resolve(".."));
    }
    return file;
  }

  /** Appends a summary of a step. */
  void append(long step, Summary.Builder summary) throws IOException {
    append(Event.newBuilder().setStep(step).setSummary(summary));
  }

  /** Flushes all events to disk. */
  void sync() throws IOException {
    DiskSync.ofFile(path);
  }

  private void append(Event.Builder event) throws IOException {
    Instant now = Instant.now();
    event.setWallTime(now.getEpochSecond() + now.getNano() * 1e-9);
    byte[] frame = RecordFrame.of(event.build().toByteArray());
    try {
      Files.write(path, frame, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw IoFailure.ofWrite(path, e);
    }
  }

  /** The size in bytes of the leading events that are complete and not after the given step. */
  private long completeBytes(long step, Consumer<Event> remaining) throws IOException {
    long size = Files.size(path);
    long end = 0;
    try (DataInputStream bytes =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
      for (byte[] record = RecordFrame.read(bytes, size);
          record != null;
          record = RecordFrame.read(bytes, size - end)) {
        Event event = Event.parseFrom(record);
        if (event.getStep() > step) {
          return end;
        }
        remaining.accept(event);
        end += RecordFrame.size(record.length);
      }
    }
    return end;
  }

  private void truncate(long size) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.truncate(size);
    }
  }
}
