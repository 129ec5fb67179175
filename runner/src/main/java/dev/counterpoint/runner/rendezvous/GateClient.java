package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * A rank at the {@link Gate}: comes in, says what it has, is told where the ring is, and from then
 * on hears whether the others live.
 */
public final class GateClient implements Closeable {
  private static final int CONNECT_MILLIS = 2_000;
  private static final int HANDSHAKE_MILLIS = 5_000;
  private static final long AGAIN_MILLIS = 200;

  private final Address gate;
  private final Hello hello;
  private final Timing timing;
  private final Wire wire;
  private final String nonce;
  private final BiConsumer<String, Integer> lost;
  private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
  private volatile boolean left;

  private GateClient(
      Address gate,
      Hello hello,
      Timing timing,
      Wire wire,
      String nonce,
      BiConsumer<String, Integer> lost) {
    this.gate = gate;
    this.hello = hello;
    this.timing = timing;
    this.wire = wire;
    this.nonce = nonce;
    this.lost = lost;
  }

  /**
   * Comes in, as soon as there is a gate and it is open.
   *
   * @param lost told, on another thread, why this process must end at once and with which exit code
   * @throws InvalidSettings where it is not let in, or there is no gate in the time for joining
   */
  public static GateClient enter(
      Address gate, Secret secret, Hello hello, Timing timing, BiConsumer<String, Integer> lost) {
    long until = System.nanoTime() + timing.joining().toNanos();
    String trouble = "";
    do {
      try {
        Attempt attempt = attempt(gate, secret, hello, timing);
        if (attempt.wire().isPresent()) {
          GateClient client =
              new GateClient(gate, hello, timing, attempt.wire().get(), attempt.nonce(), lost);
          Gate.daemon(client::listen, "tracker's word").start();
          Gate.daemon(client::beat, "heartbeat").start();
          return client;
        }
        trouble = "it is busy with the ranks of another start";
      } catch (IOException e) {
        trouble = IoFailure.of(e);
      }
      pause(AGAIN_MILLIS);
    } while (System.nanoTime() < until);
    throw new InvalidSettings(
        String.format(
            Locale.ROOT,
            "Rank %d found no tracker at %s within %d s: %s. Rank 0 starts it there; both must run, and"
                + " the port be open between the machines.",
            hello.rank(),
            gate,
            timing.joining().toSeconds(),
            trouble));
  }

  /** One that was let in, or found others busy. */
  private record Attempt(Optional<Wire> wire, String nonce) {}

  private static Attempt attempt(Address gate, Secret secret, Hello hello, Timing timing)
      throws IOException {
    Socket socket = new Socket();
    boolean in = false;
    try {
      socket.connect(gate.resolved(), CONNECT_MILLIS);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(HANDSHAKE_MILLIS);
      require(Handshake.asRank(socket, secret), gate);
      Wire wire = new Wire(socket, HANDSHAKE_MILLIS);
      wire.send(hello.toMessage());
      JsonNode answer = wire.read().orElseThrow(() -> new IOException("it does not answer"));
      if (Wire.type(answer).equals("refused")) {
        throw new InvalidSettings(answer.path("why").asText());
      }
      in = Wire.type(answer).equals("welcome");
      socket.setSoTimeout(timing.turnMillis());
      return new Attempt(in ? Optional.of(wire) : Optional.empty(), answer.path("nonce").asText());
    } finally {
      if (!in) {
        socket.close();
      }
    }
  }

  private static void require(Handshake.Outcome outcome, Address gate) {
    switch (outcome) {
      case WRONG_SECRET ->
          throw new InvalidSettings(
              "The tracker at "
                  + gate
                  + " has another secret than this rank. COUNTERPOINT_SECRET, or the file of"
                  + " --secret-file, must be the same for all ranks.");
      case NO_TRACKER ->
          throw new InvalidSettings(
              "What answers at " + gate + " is no tracker of this program's. Choose another port.");
      case KNOWN -> {
        // As it should be.
      }
    }
  }

  /**
   * Says what this rank has, and waits until all the others have come and agree.
   *
   * @return where the ring is
   * @throws InvalidSettings naming what ranks do not agree in, or who did not come
   */
  public Address agree(Facts facts) throws IOException {
    Path mark = new RunDirectory(Path.of(facts.directory())).mark();
    try {
      if (hello.rank() == 0) {
        Files.createDirectories(mark.getParent());
        Files.writeString(mark, nonce);
      }
      wire.send(facts.toMessage());
      JsonNode answer = next();
      if (Wire.type(answer).equals("look")) {
        wire.send(Wire.message("seen").put("seen", hasOwnCopy() || holds(mark, nonce)));
        answer = next();
      }
      return new Address(answer.path("host").asText(), answer.path("port").asInt());
    } finally {
      if (hello.rank() == 0) {
        Files.deleteIfExists(mark);
      }
    }
  }

  /** Another start's mark may have been left there. */
  private static boolean holds(Path mark, String nonce) {
    try {
      return Files.readString(mark).equals(nonce);
    } catch (IOException e) {
      return false;
    }
  }

  /** Who has started the ranks may have brought each a copy of what the run has left. */
  private static boolean hasOwnCopy() {
    return "copy".equals(System.getenv("COUNTERPOINT_DIRECTORY"));
  }

  private JsonNode next() {
    try {
      JsonNode answer = answers.take();
      if (Wire.type(answer).equals("refused")) {
        left = true;
        throw new InvalidSettings(answer.path("why").asText());
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted at the tracker's gate.", e);
    }
  }

  private void listen() {
    String why;
    try {
      int silent = 0;
      while (silent < Timing.SILENT_TURNS) {
        Optional<JsonNode> message = wire.read();
        silent = message.isPresent() ? 0 : silent + 1;
        if (message.isPresent() && take(message.get())) {
          return;
        }
      }
      why = "The tracker at " + gate + " does not answer any more.";
    } catch (IOException e) {
      why = "The tracker at " + gate + " is gone.";
    }
    if (!left) {
      lost.accept(why, Assembly.RETRY);
    }
  }

  /** Returns whether it was the last. */
  private boolean take(JsonNode message) {
    switch (Wire.type(message)) {
      case "beat" -> {
        return false;
      }
      case "over" -> {
        if (left) {
          return true; // It has a reason of its own, and is about to tell it.
        }
        lost.accept(message.path("why").asText(), message.path("code").asInt(Assembly.RETRY));
        return true;
      }
      default -> {
        answers.add(message);
        return Wire.type(message).equals("refused");
      }
    }
  }

  private void beat() {
    ObjectNode beat = Wire.message("beat");
    try {
      while (!left) {
        wire.send(beat);
        pause(timing.beatMillis());
      }
    } catch (IOException e) {
      // The listening thread says so.
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work of this rank is done. */
  public void done() {
    leave(true);
  }

  /** Unless it was done, it has failed for a reason of its own, and the job ends with it. */
  @Override
  public void close() throws IOException {
    leave(false);
    wire.close();
  }

  private void leave(boolean done) {
    if (left) {
      return;
    }
    left = true;
    try {
      wire.send(Wire.message("bye").put("done", done));
    } catch (IOException e) {
      // Then it is the gate that is gone, and it is the others' affair.
    }
  }
}
