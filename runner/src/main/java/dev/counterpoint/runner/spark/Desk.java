package dev.counterpoint.runner.spark;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Where the tasks' lines come together in the driver; see {@link DriverLine}. */
final class Desk implements Closeable {
  private static final long GREETING = 10_000_000_000L; // nanoseconds that a stranger may take
  private static final int LONGEST_GREETING = 512; // bytes
  private static final int MOST_STRANGERS = 64; // at once; more wait

  private final ServerSocket server;
  private final String secret;
  private final Listener listener;
  private final int silence;
  private final Semaphore strangers = new Semaphore(MOST_STRANGERS);
  private final Set<Line> lines = ConcurrentHashMap.newKeySet();
  private volatile @Nullable String stopping;

  /** What tasks say; called from several threads. */
  interface Listener {
    void begun(RankId rank);

    void said(RankId rank, DriverLine.Word word, String text);

    /** Its line is at its end. */
    void gone(RankId rank);
  }

  private record Line(Socket socket, PrintWriter out) {}

  private Desk(ServerSocket server, String secret, Listener listener, int silence) {
    this.server = server;
    this.secret = secret;
    this.listener = listener;
    this.silence = silence;
  }

  /**
   * Listens from now on.
   *
   * @param port 0 for any that is free
   */
  static Desk open(InetAddress address, int port, String secret, Listener listener)
      throws IOException {
    return open(address, port, secret, listener, DriverLine.SILENCE);
  }

  /**
   * Listens from now on.
   *
   * @param silence milliseconds without a word after which a task is gone
   */
  static Desk open(InetAddress address, int port, String secret, Listener listener, int silence)
      throws IOException {
    ServerSocket server = new ServerSocket();
    try {
      server.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      server.close();
      throw JobFailed.wrong(
          "Nobody can be heard at "
              + address.getHostAddress()
              + ":"
              + port
              + ": "
              + e.getMessage()
              + ". spark.counterpoint.port chooses another port, spark.driver.bindAddress another"
              + " address.");
    }
    Desk desk = new Desk(server, secret, listener, silence);
    daemon(desk::accept, "desk");
    return desk;
  }

  int port() {
    return server.getLocalPort();
  }

  private static void daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        strangers.acquire();
        Socket socket = accepted();
        daemon(() -> serve(socket), "line of a task");
      } catch (IOException e) {
        // Closed, or a caller who hung up.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Socket accepted() throws IOException {
    try {
      return server.accept();
    } catch (IOException e) {
      strangers.release();
      throw e;
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      PrintWriter out = new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8);
      RankId rank;
      try {
        rank = greeted(socket, out);
      } finally {
        strangers.release();
      }
      socket.setSoTimeout(silence);
      converse(rank, new Line(socket, out));
    } catch (IOException | IllegalArgumentException e) {
      // A stranger, or one who is gone before he said who he is.
    }
  }

  /**
   * Asks who comes.
   *
   * @throws IOException where that is nobody who knows the secret
   */
  private RankId greeted(Socket socket, PrintWriter out) throws IOException {
    String text = Proof.random();
    out.println(text);
    String[] greeting = firstLine(socket).split(" ", 2);
    RankId rank = RankId.ofLine(greeting.length == 2 ? greeting[1] : "");
    if (!Proof.same(greeting[0], DriverLine.proof(secret, text, rank))) {
      throw new IOException("a stranger");
    }
    return rank;
  }

  /** The time is for the whole of it, however slowly the bytes come; what follows is not read. */
  private static String firstLine(Socket socket) throws IOException {
    long until = System.nanoTime() + GREETING;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() < LONGEST_GREETING) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      socket.setSoTimeout((int) Math.max(1, left));
      int next = socket.getInputStream().read();
      if (next == '\n') {
        return line.toString(StandardCharsets.UTF_8).strip();
      }
      if (next < 0 || left <= 0) {
        break;
      }
      line.write(next);
    }
    throw new IOException("no greeting");
  }

  private void converse(RankId rank, Line line) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(line.socket().getInputStream(), StandardCharsets.UTF_8));
    lines.add(line);
    listener.begun(rank);
    tell(line);
    try {
      for (String text = in.readLine(); text != null; text = in.readLine()) {
        String[] words = text.split(" ", 2);
        DriverLine.Word word = DriverLine.Word.valueOf(words[0]);
        if (word != DriverLine.Word.BEAT) {
          listener.said(rank, word, words.length == 2 ? words[1] : "");
        }
      }
    } catch (IOException e) {
      // The same as its end: it is closed, or nothing is heard any more.
    } finally {
      lines.remove(line);
      listener.gone(rank);
    }
  }

  /** Asks all ranks for an orderly end, those too that come later. */
  void stop(String signal) {
    stopping = signal;
    lines.forEach(this::tell);
  }

  private void tell(Line line) {
    String signal = stopping;
    if (signal != null) {
      line.out().println("stop " + signal);
    }
  }

  /** How many ranks are there now. */
  int ranks() {
    return lines.size();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Line line : lines) {
      line.socket().close();
    }
  }
}
