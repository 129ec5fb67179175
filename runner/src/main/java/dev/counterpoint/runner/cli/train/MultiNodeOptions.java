package dev.counterpoint.runner.cli.train;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.launch.DistributedJob;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.launch.ClusterEnvironment;
import java.nio.file.Path;
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
      names = "--world",
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
    if (options().any() && !distributed) {
      throw new InvalidSettings(
          "--rank, --world and --tracker need a distributed run: --set strategy.type=distributed.");
    }
    return distributed;
  }

  @Nullable Path secretFile() {
    return secretFile;
  }
}
