package dev.counterpoint.serving.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The journal in the folder of a registry, for the processes of one machine. */
final class FolderJournal implements RegistryJournal {
  static final String FILE = "journal.jsonl";
  static final String LOCK = ".lock";

  /** The locks of a file system are held by a process, not by a thread. */
  private static final Object LOCK_OF_PROCESS = new Object();

  private final Path folder;
  private final JournalFile journal;

  FolderJournal(Path folder) {
    this.folder = folder;
    journal = new JournalFile(folder.resolve(FILE));
  }

  @Override
  public String name() {
    return journal.file().toString();
  }

  @Override
  public List<RegistryEvent> events() throws IOException {
    try {
      List<RegistryEvent> events = new ArrayList<>();
      for (ObjectNode entry : journal.read()) {
        events.add(Json.MAPPER.treeToValue(entry, RegistryEvent.class));
      }
      return events;
    } catch (DamagedFile | JsonProcessingException e) {
      throw new InvalidSettings("The registry cannot be read: %s", e.getMessage());
    }
  }

  @Override
  @SuppressWarnings("resource") // The lock is released when the channel is closed.
  public <T> T exclusively(Exclusive<T> work) throws IOException {
    synchronized (LOCK_OF_PROCESS) {
      try (FileChannel lock =
          FileChannel.open(
              folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        lock.lock();
        return work.run(
            new Appender() {
              @Override
              public List<RegistryEvent> events() throws IOException {
                return FolderJournal.this.events();
              }

              @Override
              public void append(RegistryEvent event) throws IOException {
                journal.append(Json.MAPPER.valueToTree(event));
                new LocalDisk().force(folder);
              }
            });
      }
    }
  }
}
