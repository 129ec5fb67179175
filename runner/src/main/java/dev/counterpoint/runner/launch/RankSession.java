package dev.counterpoint.runner.launch;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.machine.CodeFacts;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.RankContext;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.distributed.Membership;
import dev.counterpoint.strategies.distributed.RingCollective;
import dev.counterpoint.strategies.distributed.RingListener;
import dev.counterpoint.strategies.internal.network.Daemon;
import dev.counterpoint.strategies.internal.rendezvous.JoinRequest;
import dev.counterpoint.strategies.internal.rendezvous.RendezvousClient;
import dev.counterpoint.strategies.internal.rendezvous.RunFingerprint;
import dev.counterpoint.strategies.internal.rendezvous.Timing;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import dev.counterpoint.strategies.launch.RankEnvironment;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The membership of this process in a distributed run. It joins the rendezvous after its run file
 * is read, and the all-reduce ring when its data and model are ready. For a single process both are
 * no-ops.
 */
public final class RankSession implements Closeable {
  private static final Duration MESSAGE_TIME = Duration.ofSeconds(1);

  private final RankContext context;
  private final @Nullable Member member;

  /** The state of a rank that has joined the rendezvous. */
  private record Member(
      RankEnvironment environment, RendezvousClient rendezvous, Duration deadline) {}

  private RankSession(RankContext context, @Nullable Member member) {
    this.context = context;
    this.member = member;
  }

  /** The session of a single process. */
  public static RankSession singleProcess() {
    return new RankSession(RankContext.singleProcess(), null);
  }

  /**
   * Joins the rendezvous as a rank.
   *
   * @throws InvalidSettings if the run is not distributed, or the rendezvous rejects this rank
   */
  public static RankSession join(RankEnvironment environment, Run run, Console console) {
    Processes config =
        DistributedJob.config(run)
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "%s is set, so this process is a rank of a distributed run, but"
                            + " strategy.type is not distributed: --set strategy.type=distributed",
                        RankEnvironment.RANK));
    if (config.workers() != environment.worldSize()) {
      throw new InvalidSettings(
          "strategy.workers is %d, but %s is %d; they must be equal.",
          config.workers(), RankEnvironment.WORLD, environment.worldSize());
    }
    RendezvousClient rendezvous =
        RendezvousClient.join(
            environment.tracker(),
            environment.secret(),
            JoinRequest.of(environment.rank(), environment.worldSize()),
            new Timing(config.deadline(), config.deadline()),
            (reason, code) -> halt(console, reason, code));
    return new RankSession(
        new RankContext(environment.rank(), environment.localRank()),
        new Member(environment, rendezvous, config.deadline()));
  }

  /** Halts the JVM: after the ring breaks, shutdown hooks may wait for the other ranks. */
  private static void halt(Console console, String reason, int code) {
    Thread message =
        Daemon.thread(
            () -> {
              console.close();
              System.err.println("counterpoint: " + reason);
            },
            "last message");
    message.start();
    // The reader of the output may be suspended.
    Uninterruptibles.joinUninterruptibly(message, MESSAGE_TIME);
    Runtime.getRuntime().halt(code);
  }

  /** The rank of this process. */
  public RankContext context() {
    return context;
  }

  /**
   * Checks that all ranks have the same run, code and data, and joins the all-reduce ring.
   *
   * @return the collective of the run, to be closed after the training
   * @throws InvalidSettings if ranks are missing or differ, with the ranks or the differences
   */
  public Collective connect(Run run, DataSplits data) throws IOException {
    if (member == null) {
      return Collective.singleProcess();
    }
    RankEnvironment own = member.environment();
    RendezvousClient rendezvous = member.rendezvous();
    Membership membership =
        new Membership(
            own.rank(), own.worldSize(), rendezvous.attempt(), own.secret(), member.deadline());
    try (RingListener listener =
        RingListener.open(BindAddress.of(System.getenv(), rendezvous.localHost()), membership)) {
      Address next = rendezvous.agree(fingerprint(run, data.fingerprint()), listener.address());
      return RingCollective.join(membership, listener, next);
    }
  }

  private static RunFingerprint fingerprint(Run run, String data) throws IOException {
    Map<String, String> settings = new TreeMap<>(run.settings());
    settings.keySet().removeIf(Run::isMachineSpecific);
    Fingerprint fingerprint = Fingerprint.parse(data);
    Map<String, String> splits = new TreeMap<>(fingerprint.parts());
    splits.put("", fingerprint.hash());
    return new RunFingerprint(
        CodeFacts.of(run.file().classpath().stream().map(Path::of).toList()),
        settings,
        splits,
        run.directory().path().toString());
  }

  /** Reports success of this rank; without it {@link #close} reports a failure. */
  public void done() {
    if (member != null) {
      member.rendezvous().done();
    }
  }

  @Override
  public void close() throws IOException {
    if (member != null) {
      member.rendezvous().close();
    }
  }
}
