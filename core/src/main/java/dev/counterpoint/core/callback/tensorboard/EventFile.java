package dev.counterpoint.core.callback.tensorboard;

import dev.counterpoint.core.storage.DiskSync;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.function.Consumer;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.Summary;

/**
 * A file of events, one record each, that TensorBoard reads. An event is handed to the system at
 * once, so that a process that is killed loses none and leaves at most the last one torn.
 */
final class EventFile {
  private static final String VERSION = "brain.Event:2";

  private final Path path;

  private EventFile(Path path) {
    this.path = path;
  }

  /**
   * Goes on after a step: later events, and a torn one, are cut off the file. A file that is not
   * there begins.
   *
   * @param kept told of each event that stays
   */
  static EventFile after(long step, Path path, Consumer<Event> kept) throws IOException {
    EventFile file = new EventFile(path);
    if (Files.exists(path)) {
      file.cut(file.wholeUpTo(step, kept));
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

  /** Returns when all events are on the disk itself. */
  void sync() throws IOException {
    DiskSync.ofFile(path);
  }

  private void append(Event.Builder event) throws IOException {
    Instant now = Instant.now();
    event.setWallTime(now.getEpochSecond() + now.getNano() * 1e-9);
    byte[] frame = RecordFrame.of(event.build().toByteArray());
    Files.write(path, frame, StandardOpenOption.APPEND);
  }

  /** The bytes of the events at the file's beginning that are whole and not of a later step. */
  private long wholeUpTo(long step, Consumer<Event> kept) throws IOException {
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
        kept.accept(event);
        end += RecordFrame.size(record.length);
      }
    }
    return end;
  }

  private void cut(long size) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.truncate(size);
    }
  }
}
