package dev.counterpoint.runner.rendezvous;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Reason;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.Closeable;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The door to the ring of one attempt. A rank shows that it knows the secret, says which it is,
 * then what code, settings and data it has, and looks for a file that rank 0 has just written.
 * Where all agree each is told where the ring is; where not, each is told who differs in what. From
 * then on the gate listens whether the ranks live, and ends the attempt for all as soon as one does
 * not.
 */
public final class Gate implements Closeable {
  /** Connections that have not shown yet that they know the secret; more are turned away. */
  private static final int MOST_STRANGERS = 64;

  private static final long STRANGER_MILLIS = 5_000;
  private static final long LAST_WORDS_NANOS = 2_000_000_000L;
  private static final int FAILED = 1;
  static final int RETRY = 75;
  private static final int WRONG = 2;

  private enum Phase {
    GATHERING,
    LOOKING,
    RUNNING,
    OVER
  }

  private final ServerSocket server;
  private final Secret secret;
  private final int world;
  private final Timing timing;
  private final Supplier<Address> ring;
  private final GateEvents events;
  private final Address address;
  private final Semaphore strangers = new Semaphore(MOST_STRANGERS);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "gate clock"));
  private final Map<Integer, Member> members = new TreeMap<>();
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private final String nonce = Long.toHexString(new SecureRandom().nextLong());
  private Phase phase = Phase.GATHERING;
  private int present;

  private Gate(
      ServerSocket server,
      Address address,
      Secret secret,
      int world,
      Timing timing,
      Supplier<Address> ring,
      GateEvents events) {
    this.server = server;
    this.address = address;
    this.secret = secret;
    this.world = world;
    this.timing = timing;
    this.ring = ring;
    this.events = events;
  }

  /**
   * Opens a gate.
   *
   * @param at an address of this machine; bound to it alone
   * @param ring called once, when all ranks agree: starts what they are to join
   * @throws InvalidSettings where the port is taken or the host is another machine's, or where
   *     others could reach it and there is no secret
   */
  public static Gate open(
      Address at,
      Secret secret,
      int world,
      Timing timing,
      Supplier<Address> ring,
      GateEvents events) {
    if (secret.isEmpty() && !at.isLoopback()) {
      throw new InvalidSettings(
          "The tracker at "
              + at
              + " could be reached from other machines, so a secret is needed: set"
              + " COUNTERPOINT_SECRET to the same text for all ranks, or give --secret-file.");
    }
    ServerSocket server = bind(at);
    Address bound = new Address(at.host(), server.getLocalPort());
    Gate gate = new Gate(server, bound, secret, world, timing, ring, events);
    daemon(gate::accept, "gate").start();
    var unused =
        gate.clock.schedule(
            gate::joiningIsOver, timing.joining().toMillis(), TimeUnit.MILLISECONDS);
    unused =
        gate.clock.scheduleWithFixedDelay(
            gate::beat, timing.beatMillis(), timing.beatMillis(), TimeUnit.MILLISECONDS);
    return gate;
  }

  private static ServerSocket bind(Address at) {
    try {
      ServerSocket server = new ServerSocket();
      try {
        server.setReuseAddress(true); // The tracker of the attempt before had it.
        server.bind(at.resolved());
        return server;
      } catch (IOException e) {
        server.close();
        throw e;
      }
    } catch (UnknownHostException e) {
      throw new InvalidSettings("The tracker's host \"" + at.host() + "\" is not known here.");
    } catch (IOException e) {
      throw new InvalidSettings(
          "The tracker cannot listen at "
              + at
              + ": "
              + Reason.of(e)
              + ". Another program may have this port, or the host be another machine; rank 0 must"
              + " run on the tracker's. Choose a free port of this machine.");
    }
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Where it listens. */
  public Address address() {
    return address;
  }

  /** Ranks that it waits for. */
  int world() {
    return world;
  }

  /**
   * Waits until all is over.
   *
   * @return 0 where all ranks left as they should, 1 where one failed, 2 where they could not
   *     begin, 75 where one was lost
   */
  public int await() {
    return end.join();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        if (strangers.tryAcquire()) {
          daemon(() -> meet(socket), "gate of " + socket.getRemoteSocketAddress()).start();
        } else {
          socket.close();
        }
      } catch (IOException e) {
        // One connection that did not come about, or the gate is closed.
      }
    }
  }

  /** A connection from its first byte to its end. */
  private void meet(Socket socket) {
    try (socket) {
      boolean known;
      try {
        known = isKnown(socket);
      } finally {
        strangers.release();
      }
      if (known) {
        attend(new Wire(socket, timing.turnMillis()));
      }
    } catch (IOException e) {
      // It came and went; nobody who belongs here is waited for any less.
    }
  }

  /** The time is for the whole of it, however slowly the bytes come. */
  private boolean isKnown(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    var closing = clock.schedule(() -> close(socket), STRANGER_MILLIS, TimeUnit.MILLISECONDS);
    try {
      return Handshake.asTracker(socket, secret);
    } finally {
      closing.cancel(false);
    }
  }

  private static void close(Closeable connection) {
    try {
      connection.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  private void attend(Wire wire) throws IOException {
    Optional<JsonNode> first = wire.read();
    if (first.isEmpty() || !Wire.type(first.get()).equals(Hello.TYPE)) {
      return;
    }
    Member member = new Member(Hello.read(first.get()), wire);
    if (!admit(member)) {
      return;
    }
    boolean silent = false;
    try {
      silent = !listen(member);
    } catch (IOException e) {
      // It is gone.
    }
    gone(member, silent);
  }

  /**
   * Until it is gone, or says that it goes, or says nothing any more.
   *
   * @return false in the last case
   */
  private boolean listen(Member member) throws IOException {
    int silent = 0;
    while (silent < Timing.SILENT_TURNS) {
      Optional<JsonNode> message = member.wire.read();
      silent = message.isPresent() ? 0 : silent + 1;
      if (message.isPresent() && take(member, message.get())) {
        return true;
      }
    }
    return false;
  }

  private synchronized boolean admit(Member member) {
    Hello hello = member.hello;
    Member same = members.get(hello.rank());
    if (phase != Phase.GATHERING) {
      member.send(Wire.message("busy"));
    } else if (hello.world() != world) {
      member.refuse(
          "Rank %d was told of %d ranks, but the tracker at %s of %d: give all of them the same"
                  .formatted(hello.rank(), hello.world(), address, world)
              + " number (--world, strategy.workers).");
    } else if (hello.rank() < 0 || hello.rank() >= world) {
      member.refuse("Rank %d must be from 0 to %d.".formatted(hello.rank(), world - 1));
    } else if (same != null) {
      member.refuse(same.name() + " is there already. Give each process another rank.");
    } else {
      members.put(hello.rank(), member);
      present++;
      member.send(Wire.message("welcome").put("nonce", nonce));
      return true;
    }
    return false;
  }

  /** Returns whether this was its last word. */
  private synchronized boolean take(Member member, JsonNode message) {
    switch (Wire.type(message)) {
      case Facts.TYPE -> {
        member.facts = Facts.read(message);
        compare();
      }
      case "seen" -> {
        member.seen = message.path("seen").asBoolean();
        decide();
      }
      case "bye" -> leave(member, message.path("done").asBoolean());
      default -> {
        // A beat.
      }
    }
    return member.left;
  }

  /** Where all have said what they have. */
  private void compare() {
    if (phase != Phase.GATHERING
        || members.size() < world
        || members.values().stream().anyMatch(member -> member.facts == null)) {
      return;
    }
    Map<Integer, Map<String, String>> byRank = new TreeMap<>();
    members.forEach((rank, member) -> byRank.put(rank, member.facts().values()));
    Optional<String> differences = Differences.among(byRank);
    if (differences.isPresent()) {
      refuseAll(differences.get());
    } else {
      phase = Phase.LOOKING;
      members.values().forEach(member -> member.send(Wire.message("look")));
    }
  }

  /** Where all have looked for the file of rank 0. */
  private void decide() {
    if (phase != Phase.LOOKING
        || members.values().stream().anyMatch(member -> member.seen == null)) {
      return;
    }
    List<Member> blind =
        members.values().stream().filter(member -> !Boolean.TRUE.equals(member.seen)).toList();
    if (blind.isEmpty()) {
      begin();
    } else {
      refuseAll(
          "The run directory must be the same for all ranks, on a file system that all see. What"
              + " rank 0 has written into "
              + members.values().iterator().next().facts().directory()
              + " is not seen by "
              + blind.stream()
                  .map(it -> "rank " + it.hello.rank() + " in " + it.facts().directory())
                  .collect(Collectors.joining(", "))
              + ".");
    }
  }

  private void begin() {
    try {
      Address joined = ring.get();
      ObjectNode go = Wire.message("go").put("host", joined.host()).put("port", joined.port());
      phase = Phase.RUNNING;
      members.values().forEach(member -> member.send(go));
      events.begun();
    } catch (InvalidSettings e) {
      refuseAll(String.valueOf(e.getMessage()));
    }
  }

  private synchronized void joiningIsOver() {
    List<Integer> missing =
        IntStream.range(0, world).filter(rank -> !members.containsKey(rank)).boxed().toList();
    if (phase == Phase.GATHERING && !missing.isEmpty()) {
      events.missing(missing);
      refuseAll(
          "%s of %d did not come to the tracker at %s within %d s."
              .formatted(
                  capital(Differences.ranks(missing)),
                  world,
                  address,
                  timing.joining().toSeconds()));
    }
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private void leave(Member member, boolean done) {
    member.left = true;
    if (!done) {
      endAll(member.name() + " failed, as its own output says; the job ends.", FAILED);
    } else if (phase == Phase.RUNNING && members.values().stream().allMatch(it -> it.left)) {
      over(0);
    }
  }

  private synchronized void gone(Member member, boolean silent) {
    present--;
    notifyAll();
    if (member.left || phase == Phase.OVER) {
      return;
    }
    if (phase == Phase.GATHERING && !silent) {
      members.remove(member.hello.rank()); // It may come again.
      return;
    }
    events.lost(member.hello.rank(), silent);
    endAll(member.name() + (silent ? " does not answer any more." : " is gone."), RETRY);
  }

  private void refuseAll(String why) {
    members.values().forEach(member -> member.refuse(why));
    over(WRONG);
  }

  private void endAll(String why, int code) {
    if (phase != Phase.OVER) {
      members.values().stream()
          .filter(member -> !member.left)
          .forEach(member -> member.send(Wire.message("over").put("why", why).put("code", code)));
      over(code);
    }
  }

  private void over(int code) {
    phase = Phase.OVER;
    end.complete(code);
  }

  private void beat() {
    List<Member> here;
    synchronized (this) {
      here = new ArrayList<>(members.values());
    }
    here.forEach(member -> member.send(Wire.message("beat")));
  }

  /** Gives those who are there a moment to read why. */
  @Override
  public synchronized void close() {
    close(server);
    over(RETRY);
    long until = System.nanoTime() + LAST_WORDS_NANOS;
    try {
      while (present > 0 && System.nanoTime() < until) {
        TimeUnit.NANOSECONDS.timedWait(this, until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clock.shutdownNow();
    members.values().forEach(member -> close(member.wire));
  }

  /** A rank that was let in. */
  private static final class Member {
    private final Hello hello;
    private final Wire wire;
    private @Nullable Facts facts;
    private @Nullable Boolean seen;
    private boolean left;

    Member(Hello hello, Wire wire) {
      this.hello = hello;
      this.wire = wire;
    }

    Facts facts() {
      return Objects.requireNonNull(facts);
    }

    /** Whether it is there is found out by listening to it. */
    void send(JsonNode message) {
      try {
        wire.send(message);
      } catch (IOException e) {
        // See above.
      }
    }

    void refuse(String why) {
      send(Wire.message("refused").put("why", why));
    }

    String name() {
      return "Rank " + hello.rank() + " (process " + hello.process() + " on " + wire.host() + ")";
    }
  }
}
