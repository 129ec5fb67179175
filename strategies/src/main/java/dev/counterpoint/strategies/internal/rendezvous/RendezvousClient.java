package dev.counterpoint.strategies.internal.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.strategies.internal.network.AuthenticatedConnection;
import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.RankEnvironment;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;

/**
 * A rank's connection to the {@link RendezvousServer}: joins, compares fingerprints, receives the
 * address of the next rank, and then detects the loss of the tracker or of another rank.
 */
public final class RendezvousClient implements Closeable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final long RETRY_MILLIS = 200;

  private final Address tracker;
  private final JoinRequest request;
  private final Admission admission;
  private final BiConsumer<String, Integer> lost;
  private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
  private volatile boolean left;

  /** The connection of a rank that has joined, and the nonce of the attempt. */
  private record Admission(JsonChannel channel, String nonce) {}

  private RendezvousClient(
      Address tracker, JoinRequest request, Admission admission, BiConsumer<String, Integer> lost) {
    this.tracker = tracker;
    this.request = request;
    this.admission = admission;
    this.lost = lost;
  }

  /**
   * Joins as soon as the tracker accepts ranks.
   *
   * @param lost called by another thread if this process must end at once, with the reason and the
   *     exit code
   * @throws InvalidSettings if the rank is refused, or cannot join in time
   */
  public static RendezvousClient join(
      Address tracker,
      Secret secret,
      JoinRequest request,
      Timing timing,
      BiConsumer<String, Integer> lost) {
    long until = System.nanoTime() + timing.joining().toNanos();
    String trouble;
    do {
      try {
        Optional<Admission> admission = tryJoin(tracker, secret, request);
        if (admission.isPresent()) {
          admission.get().channel().connection().setTurn(timing.turn());
          RendezvousClient client = new RendezvousClient(tracker, request, admission.get(), lost);
          Daemon.thread(client::listen, "tracker messages").start();
          Daemon.repeat("heartbeat", timing.heartbeatMillis(), client::sendHeartbeat);
          return client;
        }
        trouble = "the tracker is busy with the ranks of another attempt";
      } catch (AuthenticatedConnection.AuthenticationException e) {
        throw new InvalidSettings(
            "The tracker at " + tracker + " cannot be used: " + e.getMessage());
      } catch (IOException e) {
        trouble = IoFailure.of(e);
      }
      Daemon.pause(RETRY_MILLIS);
    } while (System.nanoTime() < until);
    throw new InvalidSettings(
        "Rank %s found no tracker at %s within %s s: %s. Rank 0 starts the tracker; both must run,"
            + " and the port must be open between the machines.%s",
        request.rank(), tracker, timing.joining().toSeconds(), trouble, tracker.advice(false));
  }

  /** Tries to join; returns empty if the tracker is busy. */
  private static Optional<Admission> tryJoin(Address tracker, Secret secret, JoinRequest request)
      throws IOException {
    AuthenticatedConnection connection =
        AuthenticatedConnection.connect(tracker.resolved(), JsonChannel.PROTOCOL, secret, CONNECT);
    JsonChannel channel = new JsonChannel(connection);
    boolean joined = false;
    try {
      connection.setTurn(ANSWER);
      channel.send(JsonChannel.message(JoinRequest.TYPE, request));
      JsonNode answer =
          channel.read().orElseThrow(() -> new IOException("the tracker does not respond"));
      if (JsonChannel.type(answer).equals("refused")) {
        throw new InvalidSettings(answer.path("why").asText());
      }
      joined = JsonChannel.type(answer).equals("welcome");
      return joined
          ? Optional.of(new Admission(channel, answer.path("nonce").asText()))
          : Optional.empty();
    } finally {
      if (!joined) {
        channel.close();
      }
    }
  }

  /**
   * Sends the fingerprint, and waits until all ranks have joined and agree.
   *
   * @param ring where this rank listens for the rank before it
   * @return where the next rank listens for this one
   * @throws InvalidSettings with the differences, or the missing ranks
   */
  public Address agree(RunFingerprint fingerprint, Address ring) throws IOException {
    Path mark = fingerprint.mark();
    try {
      if (request.rank() == 0) {
        Files.createDirectories(mark.resolveSibling("."));
        Files.writeString(mark, admission.nonce());
      }
      admission
          .channel()
          .send(
              JsonChannel.message(RunFingerprint.TYPE, fingerprint)
                  .put(RunFingerprint.RING, ring.toString()));
      JsonNode answer = next();
      if (JsonChannel.type(answer).equals("look")) {
        boolean visible =
            RankEnvironment.hasDirectoryCopy(System.getenv()) || contains(mark, admission.nonce());
        admission.channel().send(JsonChannel.message("seen").put("seen", visible));
        answer = next();
      }
      return new Address(answer.path("host").asText(), answer.path("port").asInt());
    } finally {
      if (request.rank() == 0) {
        Files.deleteIfExists(mark);
      }
    }
  }

  /** The identifier of the attempt. */
  public String attempt() {
    return admission.nonce();
  }

  /** The address of this machine from which the tracker was reached. */
  public String localHost() {
    return admission.channel().connection().localHost();
  }

  /** Whether the file has this nonce; the file of an earlier attempt may still exist. */
  private static boolean contains(Path mark, String nonce) {
    try {
      return Files.readString(mark).equals(nonce);
    } catch (IOException e) {
      return false;
    }
  }

  private JsonNode next() {
    try {
      JsonNode answer = answers.take();
      if (JsonChannel.type(answer).equals("refused")) {
        left = true;
        throw new InvalidSettings(answer.path("why").asText());
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted during the rendezvous.", e);
    }
  }

  private boolean sendHeartbeat() {
    try {
      admission.channel().send(JsonChannel.message("heartbeat"));
      return !left;
    } catch (IOException e) {
      return false; // The connection is lost, which the listening thread reports.
    }
  }

  private void listen() {
    switch (admission.channel().listen(this::receive)) {
      case SILENCE -> trackerLost("The tracker at " + tracker + " does not respond.");
      case CLOSED -> trackerLost("The tracker at " + tracker + " has disconnected.");
      case LAST_MESSAGE -> {
        // The rank was refused, or the attempt has ended.
      }
    }
  }

  private void trackerLost(String reason) {
    if (!left) {
      lost.accept(reason, RankExit.RETRY);
    }
  }

  /** Handles a message, and returns whether it was the last. */
  private boolean receive(JsonNode message) {
    switch (JsonChannel.type(message)) {
      case "heartbeat" -> {
        return false;
      }
      case "over" -> {
        if (left) {
          return true; // This rank has failed for its own reason, which it is about to report.
        }
        lost.accept(message.path("why").asText(), message.path("code").asInt(RankExit.RETRY));
        return true;
      }
      default -> {
        answers.add(message);
        return JsonChannel.type(message).equals("refused");
      }
    }
  }

  /** Reports that this rank has finished its work. */
  public void done() {
    leave(true);
  }

  /** Leaves; unless {@link #done} was called, this rank has failed, which ends the job. */
  @Override
  public void close() throws IOException {
    leave(false);
    admission.channel().close();
  }

  private void leave(boolean done) {
    if (left) {
      return;
    }
    left = true;
    try {
      admission.channel().send(JsonChannel.message("bye").put("done", done));
    } catch (IOException e) {
      // The tracker is lost; the other ranks detect that themselves.
    }
  }
}
