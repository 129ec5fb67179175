package dev.counterpoint.strategies.internal.network;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Mutual authentication of a connection: each side returns the HMAC of the other side's random
 * number. All lengths are fixed. Server: 4 + 32 bytes; client: 4 + 32 + 32; server: 1, and 32 more
 * if that byte is {@link #WELCOME}. A client without the secret receives nothing else.
 */
final class Handshake {
  /** The most time that a handshake takes, however slowly the bytes arrive. */
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final byte[] MAGIC = "CPG1".getBytes(StandardCharsets.US_ASCII);
  private static final int NONCE = 32; // bytes
  private static final int SIGNATURE = 32; // bytes
  private static final int WELCOME = 1;
  private static final int REFUSED = 0;

  private final Socket socket;
  private final Secret secret;
  private final byte[] client;
  private final byte[] server;
  private final long end = System.nanoTime() + LIMIT_NANOS;

  /**
   * A handshake that has not begun.
   *
   * @param protocol is part of every signature, so that a signature for one protocol is worthless
   *     in another
   */
  Handshake(Socket socket, String protocol, Secret secret) {
    this.socket = socket;
    this.secret = secret;
    client = (protocol + " client").getBytes(StandardCharsets.US_ASCII);
    server = (protocol + " server").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Runs the server's side.
   *
   * @param admission called if the client has the secret, before the client learns that; returns
   *     whether the connection may stay open
   * @throws AuthenticatedConnection.AuthenticationException if the client does not have the secret
   * @throws IOException if the client is not admitted, or the connection is lost
   */
  void accept(BooleanSupplier admission) throws IOException {
    byte[] own = Secret.randomBytes(NONCE);
    send(MAGIC, own);
    if (!Arrays.equals(read(MAGIC.length), MAGIC)) {
      throw new IOException("the client is not a Counterpoint process");
    }
    byte[] theirs = read(NONCE);
    if (!MessageDigest.isEqual(read(SIGNATURE), secret.hmac(client, own, theirs))) {
      send(new byte[] {REFUSED});
      throw new AuthenticatedConnection.AuthenticationException(
          "the client has a different secret");
    }
    if (!admission.getAsBoolean()) {
      throw new IOException("the connection was closed in favor of newer ones");
    }
    send(new byte[] {WELCOME}, secret.hmac(server, theirs, own));
  }

  /**
   * Runs the client's side.
   *
   * @throws AuthenticatedConnection.AuthenticationException if the server runs another program or
   *     has another secret
   * @throws IOException if the connection is lost during the handshake
   */
  void connect() throws IOException {
    if (!Arrays.equals(read(MAGIC.length), MAGIC)) {
      throw new AuthenticatedConnection.AuthenticationException(
          "the server is not a Counterpoint process. Choose another port.");
    }
    byte[] theirs = read(NONCE);
    byte[] own = Secret.randomBytes(NONCE);
    send(MAGIC, own, secret.hmac(client, theirs, own));
    if (read(1)[0] != WELCOME
        || !MessageDigest.isEqual(read(SIGNATURE), secret.hmac(server, own, theirs))) {
      throw new AuthenticatedConnection.AuthenticationException(
          "the server has a different secret than this process. COUNTERPOINT_SECRET, or the file of"
              + " --secret-file, must be the same for all ranks.");
    }
  }

  private byte[] read(int length) throws IOException {
    byte[] bytes = new byte[length];
    int count = 0;
    while (count < length) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new SocketTimeoutException("the handshake took too long");
      }
      socket.setSoTimeout((int) left);
      int more = socket.getInputStream().read(bytes, count, length - count);
      if (more < 0) {
        throw new EOFException("the connection was closed during the handshake");
      }
      count += more;
    }
    return bytes;
  }

  /** Sends all parts in one packet. */
  private void send(byte[]... parts) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    all.writeTo(socket.getOutputStream());
  }
}
