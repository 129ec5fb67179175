package dev.counterpoint.strategies.internal.network;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Accepts connections and authenticates them, each in a separate thread. Unauthenticated
 * connections are limited in number and time, and receive 36 bytes at most. If there are too many,
 * the oldest is closed: a rank authenticates in milliseconds, so that silent clients cannot keep it
 * out.
 */
public final class AuthenticatedServer implements Closeable {
  /** Connections in the handshake at the same time. */
  private static final int MAX_UNAUTHENTICATED = 64;

  private static final int BACKLOG = 256;
  private static final long RETRY_MILLIS = 20;

  private final ServerSocket socket;
  private final String protocol;
  private final Secret secret;
  private final Handler handler;

  /** The connections in the handshake, the oldest first. */
  private final Deque<Socket> unauthenticated = new ArrayDeque<>();

  private volatile String refused = "";

  /** Serves one authenticated connection, and closes it in the end. */
  @FunctionalInterface
  public interface Handler {
    void serve(AuthenticatedConnection connection) throws IOException;
  }

  private AuthenticatedServer(
      ServerSocket socket, String protocol, Secret secret, Handler handler) {
    this.socket = socket;
    this.protocol = protocol;
    this.secret = secret;
    this.handler = handler;
  }

  /**
   * Binds to an address. Connections are accepted from {@link #start} on.
   *
   * @param address port 0 for any free port
   * @param protocol only clients with the same protocol are authenticated
   */
  public static AuthenticatedServer bind(
      InetSocketAddress address, String protocol, Secret secret, Handler handler)
      throws IOException {
    ServerSocket socket = ServerSocketChannel.open().socket();
    try {
      socket.setReuseAddress(true); // The server of the attempt before used it.
      socket.bind(address, BACKLOG);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return new AuthenticatedServer(socket, protocol, secret, handler);
  }

  /** Starts to accept connections. */
  public void start() {
    Daemon.thread(this::accept, "server on port " + port()).start();
  }

  /** The port that the server is bound to. */
  public int port() {
    return socket.getLocalPort();
  }

  /** The IP address of the last client with a different secret; empty if there was none. */
  public String refused() {
    return refused;
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        synchronized (unauthenticated) {
          unauthenticated.add(client);
          if (unauthenticated.size() > MAX_UNAUTHENTICATED) {
            close(unauthenticated.remove());
          }
        }
        Daemon.thread(() -> serve(client), "connection of " + client.getRemoteSocketAddress())
            .start();
      } catch (IOException e) {
        // The client has disconnected, the server is closed, or no file descriptor is free.
        Daemon.pause(RETRY_MILLIS); // no busy loop
      }
    }
  }

  private void serve(Socket client) {
    try {
      handler.serve(AuthenticatedConnection.accept(client, protocol, secret, () -> forget(client)));
    } catch (IOException e) {
      if (e instanceof AuthenticatedConnection.AuthenticationException) {
        refused = client.getInetAddress().getHostAddress();
      }
      close(client); // The client has disconnected, or does not have the secret.
      forget(client);
    }
  }

  /** Removes a connection; returns false if it was already closed to admit a newer one. */
  private boolean forget(Socket client) {
    synchronized (unauthenticated) {
      return unauthenticated.remove(client);
    }
  }

  private static void close(Socket client) {
    try {
      client.close();
    } catch (IOException e) {
      // It is closed already.
    }
  }

  /** Accepts no more connections; open ones remain open. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
