package dev.counterpoint.strategies.internal.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tracker's view of one rank: its connection, and what it has reported so far. */
final class Peer {
  private final JoinRequest request;
  private final JsonChannel channel;
  private @Nullable RunFingerprint fingerprint;
  private Address ring = Address.LOOPBACK;
  private @Nullable Boolean seesMark;
  private boolean left;

  Peer(JoinRequest request, JsonChannel channel) {
    this.request = request;
    this.channel = channel;
  }

  JoinRequest request() {
    return request;
  }

  int rank() {
    return request.rank();
  }

  /** The name for messages, as {@code Rank 1 (process 4711 on 127.0.0.1)}. */
  String name() {
    return "Rank "
        + rank()
        + " (process "
        + request.process()
        + " on "
        + channel.connection().host()
        + ")";
  }

  /** Returns whether the message is a fingerprint; a malformed one is ignored. */
  boolean receiveFingerprint(JsonNode message) {
    try {
      ring = Address.parse("the ring", message.path(RunFingerprint.RING).asText());
      fingerprint = JsonChannel.content(message, RunFingerprint.class);
      return true;
    } catch (IOException | LaunchException e) {
      return false;
    }
  }

  /** Where the rank listens for the rank before it. */
  Address ring() {
    return ring;
  }

  boolean hasFingerprint() {
    return fingerprint != null;
  }

  RunFingerprint fingerprint() {
    return Objects.requireNonNull(fingerprint);
  }

  void setSeesMark(boolean visible) {
    seesMark = visible;
  }

  /** Whether the rank has reported about the visibility of the file of rank 0. */
  boolean hasLooked() {
    return seesMark != null;
  }

  /** Whether the file of rank 0 is visible to the rank. */
  boolean seesMark() {
    return Boolean.TRUE.equals(seesMark);
  }

  void leave() {
    left = true;
  }

  boolean hasLeft() {
    return left;
  }

  /** Sends a message; a lost connection is detected by the thread that reads. */
  void send(JsonNode message) {
    try {
      channel.send(message);
    } catch (IOException e) {
      // See above.
    }
  }

  void refuse(String reason) {
    send(JsonChannel.message("refused").put("why", reason));
  }

  void disconnect() {
    try {
      channel.close();
    } catch (IOException e) {
      // The connection is lost already.
    }
  }
}
