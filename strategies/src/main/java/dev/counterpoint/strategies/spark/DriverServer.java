package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.AuthenticatedServer;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.LaunchException;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The driver's side of the tasks' connections; see {@link DriverConnection}. */
final class DriverServer implements Closeable {
  private final AuthenticatedServer server;
  private final Listener listener;
  private final Duration silence;
  private final Set<AuthenticatedConnection> tasks = ConcurrentHashMap.newKeySet();
  private volatile @Nullable String stopping;

  /** Receives events of the tasks; thread-safe. */
  interface Listener {
    void onConnected(RankId rank);

    void onReport(RankId rank, DriverConnection.Report report);

    void onDisconnected(RankId rank);
  }

  private DriverServer(Address address, Secret secret, Listener listener, Duration silence)
      throws IOException {
    server =
        AuthenticatedServer.bind(
            address.resolved(), DriverConnection.PROTOCOL, secret, this::serve);
    this.listener = listener;
    this.silence = silence;
  }

  /** Starts to accept tasks; port 0 is any free port. */
  static DriverServer start(Address address, Secret secret, Listener listener) throws IOException {
    return start(address, secret, listener, DriverConnection.SILENCE);
  }

  /**
   * Starts to accept tasks.
   *
   * @param silence after which a task is lost
   */
  static DriverServer start(Address address, Secret secret, Listener listener, Duration silence)
      throws IOException {
    try {
      DriverServer started = new DriverServer(address, secret, listener, silence);
      started.server.start();
      return started;
    } catch (IOException e) {
      throw LaunchException.invalid(
          ("The driver cannot listen at %s: %s. Set spark.counterpoint.port to another"
                  + " port, or spark.driver.bindAddress to another address.")
              .formatted(address, e.getMessage()));
    }
  }

  int port() {
    return server.port();
  }

  private void serve(AuthenticatedConnection connection) throws IOException {
    try (connection) {
      receive(connection);
    }
  }

  private void receive(AuthenticatedConnection task) throws IOException {
    task.setTurn(silence);
    Optional<byte[]> first = task.read();
    if (first.isEmpty()) {
      return;
    }
    RankId rank = RankId.read(new DataInputStream(new ByteArrayInputStream(first.get())));
    tasks.add(task);
    listener.onConnected(rank);
    sendStop(task);
    try {
      task.listen(1, message -> receive(rank, message));
    } finally {
      tasks.remove(task);
      listener.onDisconnected(rank);
    }
  }

  /** Handles a message; returns true, which ends the connection, if it is malformed. */
  private boolean receive(RankId rank, byte[] message) {
    try {
      DriverConnection.Report report = DriverConnection.Report.read(message);
      if (report.kind() != DriverConnection.Kind.HEARTBEAT) {
        listener.onReport(rank, report);
      }
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Requests all ranks to save and stop, including those that connect later. */
  void stop(String signal) {
    stopping = signal;
    tasks.forEach(this::sendStop);
  }

  private void sendStop(AuthenticatedConnection task) {
    String signal = stopping;
    if (signal != null) {
      try {
        task.send(signal.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // The thread that reads detects the loss.
      }
    }
  }

  /** The number of connected tasks. */
  int tasks() {
    return tasks.size();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (AuthenticatedConnection task : tasks) {
      task.close();
    }
  }
}
