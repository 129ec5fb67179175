package dev.counterpoint.runner.cli;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.launch.DistributedRun;
import dev.counterpoint.runner.launch.Spot;
import dev.counterpoint.runner.wiring.Run;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a training on several machines; where they are absent torchrun's or Slurm's. */
final class SeveralMachines {
  @Option(
      names = "--rank",
      paramLabel = "R",
      description =
          "On several machines: which rank this is, from 0. Otherwise RANK (torchrun) or SLURM_PROCID.")
  private @Nullable Integer rank;

  @Option(
      names = "--world",
      paramLabel = "N",
      description =
          "How many ranks there are. Otherwise WORLD_SIZE, or SLURM_STEP_NUM_TASKS (where that is"
              + " not set, SLURM_NTASKS).")
  private @Nullable Integer world;

  @Option(
      names = "--tracker",
      paramLabel = "HOST:PORT",
      description =
          "Where the ranks meet: an address of rank 0's machine. Otherwise MASTER_ADDR and"
              + " MASTER_PORT, or Slurm's first node.")
  private @Nullable String tracker;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description =
          "Holds what all ranks must know to be let in. Otherwise it is in COUNTERPOINT_SECRET.")
  private @Nullable Path secretFile;

  private Spot.Options options() {
    return new Spot.Options(rank, world, tracker);
  }

  Optional<Spot> spot(Map<String, String> environment) {
    return Spot.of(options(), environment);
  }

  /** Whether other processes belong to a run, or this command says so. */
  boolean concerns(Run run) {
    if (options().any() && DistributedRun.config(run).isEmpty()) {
      throw new InvalidSettings(
          "--rank, --world and --tracker are for a distributed run: --set strategy.type=distributed");
    }
    return DistributedRun.config(run).isPresent();
  }

  @Nullable Path secretFile() {
    return secretFile;
  }
}
