package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A task's connection to the driver. Its first message is the {@link RankId}; then the task sends
 * {@link Report}s, at least one every few seconds, and the driver the names of signals.
 */
final class DriverConnection implements Closeable {
  /** The name of the protocol in the handshake. */
  static final String PROTOCOL = "driver";

  /**
   * The time after which a task that sends nothing is lost; the same as Spark's network timeout.
   */
  static final Duration SILENCE = Duration.ofMinutes(2);

  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final long RETRY_MILLIS = 200;
  private static final long HEARTBEAT_MILLIS = 5_000;

  /** The kind of a report. */
  enum Kind {
    /** A line of standard output of rank 0. */
    OUT,
    /** A line of standard error of rank 0. */
    ERR,
    /** The rank has ended; the number is its exit code, the text its last message. */
    END,
    /** The rank with that number has failed by itself; other ranks may fail because of it. */
    CULPRIT,
    /** The task is alive. */
    HEARTBEAT,
    /** The task has failed although its rank has not; the text is the reason. */
    FAILED,
    /** The ranks were not started, and another attempt would not change that. */
    REFUSED
  }

  /**
   * A message of a task.
   *
   * @param number an exit code or a rank; 0 if the kind has none
   */
  record Report(Kind kind, int number, String text) {
    static Report read(byte[] message) throws IOException {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(message));
      try {
        Kind kind = Kind.valueOf(in.readUTF());
        int number = in.readInt();
        return new Report(kind, number, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new IOException("an unknown kind of report", e);
      }
    }

    byte[] toMessage() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeUTF(kind.name());
      out.writeInt(number);
      out.write(text.getBytes(StandardCharsets.UTF_8));
      return bytes.toByteArray();
    }
  }

  /** Handles messages of the driver. */
  interface Listener {
    /** The driver requests the rank to save and stop. */
    void onStop(String signal);

    /** The driver has ended, or can no longer be reached. */
    void onDriverLost();
  }

  /** Where the driver listens. */
  record Driver(Address address, Secret secret) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  private final AuthenticatedConnection connection;
  private volatile boolean closed;

  private DriverConnection(AuthenticatedConnection connection) {
    this.connection = connection;
  }

  /** Connects and authenticates, within 30 seconds. */
  static DriverConnection open(Driver driver, RankId id) throws IOException, InterruptedException {
    long until = System.nanoTime() + CONNECT.toNanos();
    while (true) {
      try {
        AuthenticatedConnection connection =
            AuthenticatedConnection.connect(
                driver.address().resolved(), PROTOCOL, driver.secret(), CONNECT);
        connection.setTurn(SILENCE);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        id.write(new DataOutputStream(bytes));
        connection.send(bytes.toByteArray());
        return new DriverConnection(connection);
      } catch (IOException e) {
        if (e instanceof AuthenticatedConnection.AuthenticationException
            || System.nanoTime() > until) {
          throw new IOException("The driver cannot be reached at " + driver.address() + ".", e);
        }
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
      }
    }
  }

  /** Starts to receive messages and to send heartbeats, each in a separate thread. */
  void listen(Listener listener) {
    Daemon.thread(() -> receive(listener), "messages of the driver").start();
    Daemon.repeat("heartbeats to the driver", HEARTBEAT_MILLIS, this::sendHeartbeat);
  }

  /** Sends a heartbeat, by which TCP also detects a lost connection to the driver. */
  private boolean sendHeartbeat() {
    report(Kind.HEARTBEAT, "");
    return !closed;
  }

  private void receive(Listener listener) {
    connection.listen(
        Integer.MAX_VALUE,
        message -> {
          listener.onStop(new String(message, StandardCharsets.UTF_8));
          return false;
        });
    if (!closed) {
      listener.onDriverLost();
    }
  }

  void report(Kind kind, String text) {
    report(kind, 0, text);
  }

  /** Sends a report; a lost connection is reported by {@link Listener#onDriverLost}. */
  void report(Kind kind, int number, String text) {
    try {
      connection.send(new Report(kind, number, text).toMessage());
    } catch (IOException e) {
      // See above.
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    connection.close();
  }
}
