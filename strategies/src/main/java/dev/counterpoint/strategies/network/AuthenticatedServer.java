package dev.counterpoint.strategies.network;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Semaphore;

/**
 * Accepts connections and authenticates them, each in a separate thread. Unauthenticated
 * connections are limited in number and time, and receive 36 bytes at most.
 */
public final class AuthenticatedServer implements Closeable {
  /** Connections in the handshake at the same time; further ones are closed at once. */
  private static final int MAX_UNAUTHENTICATED = 64;

  private static final long RETRY_MILLIS = 20;

  private final ServerSocket socket;
  private final String protocol;
  private final Secret secret;
  private final Handler handler;
  private final Semaphore unauthenticated = new Semaphore(MAX_UNAUTHENTICATED);

  /** Serves one authenticated connection; the server closes it afterwards. */
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
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true); // The server of the attempt before used it.
      socket.bind(address);
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

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        if (unauthenticated.tryAcquire()) {
          Daemon.thread(() -> serve(client), "connection of " + client.getRemoteSocketAddress())
              .start();
        } else {
          client.close();
        }
      } catch (IOException e) {
        // The client has disconnected, the server is closed, or no file descriptor is free.
        Daemon.pause(RETRY_MILLIS); // no busy loop
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      boolean authenticated;
      try {
        client.setTcpNoDelay(true);
        authenticated = new Handshake(client, protocol, secret).accept();
      } finally {
        unauthenticated.release();
      }
      if (authenticated) {
        handler.serve(new AuthenticatedConnection(client));
      }
    } catch (IOException e) {
      // The client has disconnected.
    }
  }

  /** Accepts no more connections; open ones remain open. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
