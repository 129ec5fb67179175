package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.launch.TrackerProcess;
import dev.counterpoint.runner.rendezvous.Address;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint tracker}: what launchers start beside the ranks of a distributed run. */
@Command(
    name = "tracker",
    hidden = true,
    description = "Lets the ranks of one start of a distributed run meet; launchers run it.")
final class TrackerCommand implements Callable<Integer> {
  @Option(names = "--host", required = true, description = "An address of this machine.")
  private String host = "";

  @Option(names = "--port", description = "0: any that is free.")
  private int port;

  @Option(names = "--world", required = true, description = "Ranks altogether.")
  private int world;

  @Option(
      names = "--deadline",
      required = true,
      paramLabel = "SECONDS",
      description = "Within which all ranks must have come, and one that is lost is noticed.")
  private long seconds;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    TrackerProcess tracker =
        new TrackerProcess(
            new Address(host, port),
            world,
            Duration.ofSeconds(seconds),
            Objects.requireNonNull(spec).commandLine().getOut());
    int code = tracker.serve(System.getenv());
    // The ring's own tracker is native, and waits for nobody any more.
    Runtime.getRuntime().halt(code);
    return code;
  }
}
