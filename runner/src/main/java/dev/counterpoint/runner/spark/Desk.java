package dev.counterpoint.runner.spark;

import java.io.BufferedReader;
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
import org.jspecify.annotations.Nullable;

/** Where the tasks' lines come together in the driver; see {@link DriverLine}. */
final class Desk implements Closeable {
  private static final int GREETING = 10_000; // milliseconds that a stranger may take

  private final ServerSocket server;
  private final String secret;
  private final Listener listener;
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

  private Desk(ServerSocket server, String secret, Listener listener) {
    this.server = server;
    this.secret = secret;
    this.listener = listener;
  }

  /**
   * Listens from now on.
   *
   * @param port 0 for any that is free
   */
  static Desk open(InetAddress address, int port, String secret, Listener listener)
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
    Desk desk = new Desk(server, secret, listener);
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
        Socket socket = server.accept();
        daemon(() -> serve(socket), "line of a task");
      } catch (IOException e) {
        // Closed, or a caller who hung up.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      PrintWriter out = new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8);
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String text = Proof.random();
      socket.setSoTimeout(GREETING);
      out.println(text);
      String[] greeting = String.valueOf(in.readLine()).split(" ", 2);
      RankId rank = RankId.ofLine(greeting.length == 2 ? greeting[1] : "");
      if (!Proof.same(greeting[0], DriverLine.proof(secret, text, rank))) {
        return;
      }
      socket.setSoTimeout(0);
      converse(rank, in, new Line(socket, out));
    } catch (IOException | IllegalArgumentException e) {
      // A stranger, or one who is gone before he said who he is.
    }
  }

  private void converse(RankId rank, BufferedReader in, Line line) {
    lines.add(line);
    listener.begun(rank);
    tell(line);
    try {
      for (String text = in.readLine(); text != null; text = in.readLine()) {
        String[] words = text.split(" ", 2);
        listener.said(rank, DriverLine.Word.valueOf(words[0]), words.length == 2 ? words[1] : "");
      }
    } catch (IOException e) {
      // The same as its end.
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
