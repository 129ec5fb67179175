package dev.counterpoint.runner.cli.train;

import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankEnvironment;
import dev.counterpoint.strategies.rendezvous.RendezvousServer;
import dev.counterpoint.strategies.rendezvous.Timing;
import dev.counterpoint.strategies.rendezvous.TrackerProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint tracker}: the rendezvous server of a distributed run. */
@Command(
    name = "tracker",
    hidden = true,
    description =
        "Runs the rendezvous server for one attempt of a distributed run. Started by the launcher.")
public final class TrackerCommand implements Callable<Integer> {
  @Option(
      names = "--host",
      required = true,
      description = "The address to listen on: an address of this machine.")
  private String host = "";

  @Option(names = "--port", description = "The port to listen on. Default: 0, any free port.")
  private int port;

  @Option(names = "--world", required = true, description = "The number of ranks.")
  private int worldSize;

  @Option(
      names = "--deadline",
      required = true,
      paramLabel = "SECONDS",
      description = "The time limit for all ranks to join, and for the detection of a lost rank.")
  private long seconds;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Map<String, String> environment = System.getenv();
    if (ParentWatchdog.of(environment).isActive()) {
      // The terminal also sends signals to the launcher, which handles them.
      for (String signal : List.of("INT", "TERM")) {
        org.jline.utils.Signals.register(signal, () -> {});
      }
    }
    Duration deadline = Duration.ofSeconds(seconds);
    RendezvousServer.Settings settings =
        new RendezvousServer.Settings(
            new Address(host, port),
            RankEnvironment.secret(environment),
            worldSize,
            new Timing(deadline, deadline));
    TrackerProcess tracker =
        new TrackerProcess(settings, Objects.requireNonNull(spec).commandLine().getOut());
    int code = tracker.serve();
    // The native tracker of the ring may still run, but is no longer needed.
    Runtime.getRuntime().halt(code);
    return code;
  }
}
