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

/** The options of a training on several machines; defaults come from torchrun or Slurm. */
final class MultiNodeOptions {
  @Option(
      names = "--rank",
      paramLabel = "R",
      description =
          "On several machines: the rank of this process, from 0. Default: RANK (torchrun) or"
              + " SLURM_PROCID.")
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
          "Where the ranks meet: an address of rank 0's machine. Default: MASTER_ADDR and"
              + " MASTER_PORT, or Slurm's first node.")
  private @Nullable String tracker;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "A file with the shared secret of all ranks. Default: COUNTERPOINT_SECRET.")
  private @Nullable Path secretFile;

  private ClusterEnvironment.Options options() {
    return new ClusterEnvironment.Options(rank, worldSize, tracker);
  }

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
          "--rank, --world and --tracker are for a distributed run: --set strategy.type=distributed");
    }
    return distributed;
  }

  @Nullable Path secretFile() {
    return secretFile;
  }
}
