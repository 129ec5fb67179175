package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.launch.DistributedJob;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import dev.counterpoint.strategies.launch.ClusterEnvironment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of training on several machines; torchrun and Slurm set the defaults. */
final class MultiNodeOptions {
  @Option(
      names = "--rank",
      paramLabel = "R",
      description =
          "For training on several machines: the rank of this process, from 0. Default: RANK"
              + " (torchrun) or SLURM_PROCID.")
  private @Nullable Integer rank;

  @Option(
      names = {"--world-size", "--world"},
      paramLabel = "N",
      description =
          "The number of ranks. Default: WORLD_SIZE, or SLURM_STEP_NUM_TASKS (if that is not set,"
              + " SLURM_NTASKS).")
  private @Nullable Integer worldSize;

  @Option(
      names = "--tracker",
      paramLabel = "HOST:PORT",
      description =
          "The rendezvous address: a host name or IP address of rank 0's machine and a free port."
              + " Default: MASTER_ADDR and MASTER_PORT (torchrun), or the first Slurm node.")
  private @Nullable String tracker;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description =
          "A file with the secret that authenticates the ranks. Default: the environment variable"
              + " COUNTERPOINT_SECRET.")
  private @Nullable Path secretFile;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS:FIRST-LAST",
      description =
          "The address of this machine and the ports on which its ranks listen for each other; each"
              + " part may be omitted. Default: COUNTERPOINT_BIND, or the address from which the"
              + " tracker is reached and any free port.")
  private @Nullable String bind;

  private ClusterEnvironment.Options options() {
    return new ClusterEnvironment.Options(rank, worldSize, tracker);
  }

  /** The position of this process among the machines; empty on a single machine. */
  Optional<ClusterEnvironment> cluster(Map<String, String> environment) {
    return ClusterEnvironment.of(options(), environment);
  }

  /**
   * Whether a run uses several processes.
   *
   * @throws InvalidSettings if it does not, although one of the options is set
   */
  boolean isDistributed(Run run) {
    boolean distributed = DistributedJob.config(run).isPresent();
    if ((options().any() || bind != null || secretFile != null) && !distributed) {
      throw new InvalidSettings(
          "--rank, --world-size, --tracker, --secret-file and --bind need a distributed run:"
              + " --set strategy.type=distributed.");
    }
    return distributed;
  }

  /** The environment of the ranks: that of this process, and options as variables. */
  Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    if (bind != null) {
      environment.put(BindAddress.VARIABLE, bind);
    }
    BindAddress.of(environment, Address.LOOPBACK.host()); // verified before the ranks start
    return environment;
  }

  @Nullable Path secretFile() {
    return secretFile;
  }
}
