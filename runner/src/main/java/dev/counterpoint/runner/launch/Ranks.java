package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.Processes;
import dev.counterpoint.runner.machine.CodeFacts;
import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Facts;
import dev.counterpoint.runner.rendezvous.GateClient;
import dev.counterpoint.runner.rendezvous.Hello;
import dev.counterpoint.runner.rendezvous.Timing;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Participation;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.distributed.Membership;
import dev.counterpoint.strategies.distributed.RingCollective;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * This process among the ranks of its run: comes to the gate as soon as its run is read, and into
 * the ring when its data is open. A process that is alone is the same without both.
 */
public final class Ranks implements Closeable {
  private static final long LAST_WORD_MILLIS = 1_000;

  private final @Nullable Place place;
  private final @Nullable GateClient gate;
  private final Duration deadline;

  private Ranks(@Nullable Place place, @Nullable GateClient gate, Duration deadline) {
    this.place = place;
    this.gate = gate;
    this.deadline = deadline;
  }

  /** A process that is alone. */
  public static Ranks none() {
    return new Ranks(null, null, Duration.ZERO);
  }

  /**
   * Comes to the gate.
   *
   * @throws InvalidSettings where the run is not one for ranks, or this rank is not let in
   */
  public static Ranks meet(Place place, Run run, Console console) {
    Processes config =
        DistributedRun.config(run)
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        Place.RANK
                            + " makes this process a rank of a distributed run, but the strategy of"
                            + " the run has a single process: --set strategy.type=distributed"));
    if (config.workers() != place.world()) {
      throw new InvalidSettings(
          String.format(
              Locale.ROOT,
              "strategy.workers is %d, but %s is %d; they must be the same.",
              config.workers(),
              Place.WORLD,
              place.world()));
    }
    Timing timing = new Timing(config.deadline(), config.deadline());
    GateClient gate =
        GateClient.enter(
            place.tracker(),
            place.secret(),
            Hello.of(place.rank(), place.world()),
            timing,
            (why, code) -> end(console, why, code));
    return new Ranks(place, gate, config.deadline());
  }

  /** At once: nothing of this process can be used any more. */
  private static void end(Console console, String why, int code) {
    Thread lastWord =
        new Thread(
            () -> {
              console.close();
              System.err.println("counterpoint: " + why);
            },
            "last word");
    lastWord.setDaemon(true);
    lastWord.start();
    try {
      lastWord.join(LAST_WORD_MILLIS); // Whoever reads it may be stopped.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(code);
  }

  /** What the wiring of the run needs to know of it. */
  public Participation participation() {
    return place == null
        ? Participation.alone()
        : new Participation(place.rank(), place.localRank(), this::join);
  }

  private Collective join(Run run, String fingerprint) {
    if (place == null || gate == null) {
      return Collective.singleProcess();
    }
    try {
      Address ring =
          gate.agree(new Facts(facts(run, fingerprint), run.directory().path().toString()));
      return RingCollective.join(
          new Membership(place.rank(), place.world(), ring.host(), ring.port(), deadline));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Map<String, String> facts(Run run, String fingerprint) throws IOException {
    Map<String, String> facts =
        new TreeMap<>(CodeFacts.of(run.file().classpath().stream().map(Path::of).toList()));
    run.settings()
        .forEach(
            (key, value) -> {
              if (!Run.isOfOneMachine(key)) {
                facts.put(key, value);
              }
            });
    for (String part : fingerprint.split(" ", -1)) {
      int colon = part.indexOf(':');
      facts.put(
          colon < 0 ? "the data" : "the data in " + part.substring(0, colon),
          part.substring(colon + 1));
    }
    return facts;
  }

  /** The work of this process is done; without this the end of it is a failure of the job. */
  public void done() {
    if (gate != null) {
      gate.done();
    }
  }

  @Override
  public void close() throws IOException {
    if (gate != null) {
      gate.close();
    }
  }
}
