package dev.counterpoint.strategies.internal.network;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;

/**
 * A connection whose two sides have the same secret. Messages are bytes with their length in front
 * (4 bytes, big-endian). One thread reads; any thread may send.
 */
public final class AuthenticatedConnection implements Closeable {
  private static final int MAX_MESSAGE = 4 << 20; // bytes: a resolved run file has some thousand

  private final Socket socket;
  private ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES);
  private boolean inBody;

  /** Why {@link AuthenticatedConnection#listen} has returned. */
  public enum Ending {
    /** The handler has returned true: the other side sends nothing more. */
    LAST_MESSAGE,
    /** The connection is open, but nothing was received for too long. */
    SILENCE,
    /** The connection was closed or lost. */
    CLOSED
  }

  /** Thrown if authentication fails; another attempt at the same address would fail too. */
  public static final class AuthenticationException extends IOException {
    private static final long serialVersionUID = 1L;

    AuthenticationException(String message) {
      super(message);
    }
  }

  private AuthenticatedConnection(Socket socket) {
    this.socket = socket;
  }

  /**
   * Connects to a server and authenticates both sides.
   *
   * @param protocol the server's
   * @param timeout for the TCP connection; the handshake may take another 5 seconds
   * @throws AuthenticationException if the server runs another program, has another secret, or one
   *     side does not accept the other's certificate
   * @throws IOException if the server does not exist, or has too many unauthenticated connections
   */
  public static AuthenticatedConnection connect(
      InetSocketAddress server, String protocol, Secret secret, Duration timeout)
      throws IOException {
    Socket socket = SocketChannel.open().socket();
    try {
      socket.connect(server, (int) timeout.toMillis());
      socket.setTcpNoDelay(true);
      Socket secured = secret.secured(socket, true);
      new Handshake(secured, protocol, secret).connect();
      return new AuthenticatedConnection(secured);
    } catch (IOException e) {
      socket.close();
      throw isCertificateRefused(e)
          ? new AuthenticationException(
              "TLS failed: %s. The key store of each rank must have the certificates of all ranks."
                  .formatted(e.getMessage()))
          : e;
    }
  }

  /** Whether TLS failed, but not because the connection was lost. */
  private static boolean isCertificateRefused(IOException e) {
    return e instanceof SSLException && !(e.getCause() instanceof IOException);
  }

  /**
   * Authenticates a client.
   *
   * @param admission as in {@link Handshake#accept}
   * @throws IOException if it does not have the secret, or is not admitted
   */
  static AuthenticatedConnection accept(
      Socket client, String protocol, Secret secret, BooleanSupplier admission) throws IOException {
    client.setTcpNoDelay(true);
    try {
      Socket secured = secret.secured(client, false);
      new Handshake(secured, protocol, secret).accept(admission);
      return new AuthenticatedConnection(secured);
    } catch (SSLException e) {
      throw isCertificateRefused(e) ? new AuthenticationException(e.toString()) : e;
    }
  }

  /** Sets how long {@link #read} waits for a byte. */
  public void setTurn(Duration turn) throws IOException {
    socket.setSoTimeout((int) Math.max(1, turn.toMillis()));
  }

  /**
   * Waits for the next message.
   *
   * @return empty if no byte was received for a turn
   * @throws EOFException if the other side has closed the connection
   */
  public Optional<byte[]> read() throws IOException {
    boolean received = false;
    while (true) {
      try {
        while (frame.hasRemaining()) {
          int count =
              socket.getInputStream().read(frame.array(), frame.position(), frame.remaining());
          if (count < 0) {
            throw new EOFException("the connection was closed");
          }
          received = true;
          frame.position(frame.position() + count);
        }
      } catch (SocketTimeoutException silence) {
        if (!received) {
          return Optional.empty();
        }
        received = false;
        continue;
      }
      if (inBody) {
        byte[] body = frame.array();
        frame = ByteBuffer.allocate(Integer.BYTES);
        inBody = false;
        return Optional.of(body);
      }
      beginBody();
    }
  }

  private void beginBody() throws IOException {
    int length = frame.flip().getInt();
    if (length < 1 || length > MAX_MESSAGE) {
      throw new IOException("a message of " + length + " bytes is not allowed");
    }
    frame = ByteBuffer.allocate(length);
    inBody = true;
  }

  /**
   * Reads messages until the last one, until the connection is lost, or until nothing was received
   * for a number of turns. Turns are counted instead of reading a clock: a process that was itself
   * suspended, as by Ctrl-Z, sees one silent turn when it continues.
   *
   * @param handler receives each message, and returns whether it was the last
   */
  public Ending listen(int silentTurns, Predicate<byte[]> handler) {
    int silent = 0;
    try {
      while (silent < silentTurns) {
        Optional<byte[]> message = read();
        silent = message.isPresent() ? 0 : silent + 1;
        if (message.isPresent() && handler.test(message.get())) {
          return Ending.LAST_MESSAGE;
        }
      }
      return Ending.SILENCE;
    } catch (IOException e) {
      return Ending.CLOSED;
    }
  }

  /** Sends a message of at least one byte. */
  public synchronized void send(byte[] message) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + message.length);
    socket.getOutputStream().write(bytes.putInt(message.length).put(message).array());
  }

  Socket socket() {
    return socket;
  }

  /** The IP address of this side. */
  public String localHost() {
    return socket.getLocalAddress().getHostAddress();
  }

  /** The IP address of the other side. */
  public String host() {
    return socket.getInetAddress().getHostAddress();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
