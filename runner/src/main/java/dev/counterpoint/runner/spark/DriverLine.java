package dev.counterpoint.runner.spark;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A task's line to the driver: lines of text over TCP. The driver's first one is a text to be
 * proved over, the task's first one says who it is and proves that it knows the secret. From then
 * on the task sends a {@link Word} a line, one every few seconds at least, and the driver {@code
 * stop SIGNAL}.
 */
final class DriverLine implements Closeable {
  private static final int CONNECT = 30_000; // milliseconds
  private static final long BEAT = 5_000; // milliseconds between two signs of life

  /** Milliseconds without a word after which a task is gone, as Spark's own network timeout. */
  static final int SILENCE = 120_000;

  /** What a line of a task begins with. */
  enum Word {
    /** A line of results of rank 0. */
    OUT,
    /** A line of remarks of rank 0. */
    ERR,
    /** The rank's exit code, and what it said last. */
    END,
    /** The number of a rank that has told the others that it fails for a reason of its own. */
    CULPRIT,
    /** The task is there. */
    BEAT,
    /** Why the task ends without its rank having come to an end. */
    FAILED,
    /** Why the ranks were not started: nothing that another attempt would change. */
    REFUSED
  }

  /** What the driver does. */
  interface Listener {
    /** The driver asks for an orderly end. */
    void stop(String signal);

    /** The driver is gone, or cannot be reached any more. */
    void gone();
  }

  /**
   * Where the driver listens, and what must be known to speak with it.
   *
   * @param secret never sent
   */
  record Address(String host, int port, String secret) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  private final Socket socket;
  private final BufferedReader in;
  private final PrintWriter out;
  private volatile boolean closed;

  private DriverLine(Socket socket) throws IOException {
    this.socket = socket;
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    out = new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** Connects, and says who this is. */
  static DriverLine open(Address driver, RankId id) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(driver.host(), driver.port()), CONNECT);
      DriverLine line = new DriverLine(socket);
      String text = String.valueOf(line.in.readLine());
      line.out.println(proof(driver.secret(), text, id) + " " + id.toLine());
      return line;
    } catch (IOException e) {
      socket.close();
      throw new IOException(
          "The driver cannot be reached at " + driver.host() + ":" + driver.port() + ".", e);
    }
  }

  static String proof(String secret, String text, RankId id) {
    return Proof.of(secret, text + " " + id.toLine());
  }

  /**
   * Hears the driver from now on, and lets it hear that this task is there; in threads of its own.
   */
  void listen(Listener listener) {
    daemon(() -> hear(listener), "line to the driver");
    daemon(this::beat, "pulse");
  }

  private static void daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void beat() {
    try {
      while (!closed) {
        say(Word.BEAT, "");
        TimeUnit.MILLISECONDS.sleep(BEAT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hear(Listener listener) {
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("stop ")) {
          listener.stop(line.substring("stop ".length()));
        }
      }
    } catch (IOException e) {
      // The same as its end.
    }
    if (!closed) {
      listener.gone();
    }
  }

  /** Says something; whether the driver hears it is seen by {@link Listener#gone}. */
  void say(Word word, String text) {
    out.println(word + " " + text);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    socket.close();
  }
}
