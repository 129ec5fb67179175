package dev.counterpoint.serving.registry;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.List;

/** The changes of a registry in their order, which several processes append to. Thread-safe. */
public interface RegistryJournal {
  /** Work during which no other process changes the journal. */
  @FunctionalInterface
  interface Exclusive<T> {
    T run(Appender appender) throws IOException;
  }

  /** Appends to the journal during {@link Exclusive} work. */
  interface Appender {
    /** The events so far. */
    List<RegistryEvent> events() throws IOException;

    /** Appends an event, which is durable when the work has returned. */
    void append(RegistryEvent event) throws IOException;
  }

  /** Where the journal is, for messages. */
  String name();

  /**
   * The events in order; empty if the journal does not exist.
   *
   * @throws InvalidSettings if the journal is damaged
   */
  List<RegistryEvent> events() throws IOException;

  /** Runs work while no other process changes the journal. */
  <T> T exclusively(Exclusive<T> work) throws IOException;
}
