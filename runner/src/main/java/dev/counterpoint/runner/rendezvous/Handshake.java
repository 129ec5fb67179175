package dev.counterpoint.runner.rendezvous;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * How both sides of a connection show that they know the secret, without sending it: each signs the
 * other's random number. All is of fixed length: tracker 4 + 32 bytes, rank 4 + 32 + 32, tracker 1,
 * and 32 more where that is {@link #WELCOME}. Whoever cannot sign is told no more than that.
 */
final class Handshake {
  private static final byte[] MAGIC = "CPG1".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] RANK = "rank".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRACKER = "tracker".getBytes(StandardCharsets.US_ASCII);
  private static final int NONCE = 32; // bytes
  private static final int SIGNATURE = 32;
  private static final int WELCOME = 1;
  private static final int REFUSED = 0;

  /** What came of it, seen from a rank. */
  enum Outcome {
    KNOWN,
    WRONG_SECRET,
    NO_TRACKER
  }

  private Handshake() {}

  /**
   * The tracker's side.
   *
   * @return whether the other side knows the secret
   */
  static boolean asTracker(Socket socket, Secret secret) throws IOException {
    byte[] own = Secret.randomBytes(NONCE);
    send(socket, MAGIC, own);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
      return false;
    }
    byte[] theirs = exactly(in, NONCE);
    boolean known = MessageDigest.isEqual(exactly(in, SIGNATURE), secret.sign(RANK, own, theirs));
    if (known) {
      send(socket, new byte[] {WELCOME}, secret.sign(TRACKER, theirs, own));
    } else {
      send(socket, new byte[] {REFUSED});
    }
    return known;
  }

  /**
   * The rank's side.
   *
   * @throws IOException where the other side is gone in the middle of it, as a tracker that is
   *     killed then
   */
  static Outcome asRank(Socket socket, Secret secret) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    if (!Arrays.equals(exactly(in, MAGIC.length), MAGIC)) {
      return Outcome.NO_TRACKER;
    }
    byte[] theirs = exactly(in, NONCE);
    byte[] own = Secret.randomBytes(NONCE);
    send(socket, MAGIC, own, secret.sign(RANK, theirs, own));
    if (in.readByte() != WELCOME) {
      return Outcome.WRONG_SECRET;
    }
    boolean known =
        MessageDigest.isEqual(exactly(in, SIGNATURE), secret.sign(TRACKER, own, theirs));
    return known ? Outcome.KNOWN : Outcome.WRONG_SECRET;
  }

  private static byte[] exactly(DataInputStream in, int length) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  /** In one packet. */
  private static void send(Socket socket, byte[]... parts) throws IOException {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    socket.getOutputStream().write(all);
  }
}
