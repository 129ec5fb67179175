package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rendezvous.Address;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which rank of a run on several machines this command is to start, and where all meet.
 *
 * <p>Each of the three is taken from the first of these that has it: the options, the variables
 * {@code COUNTERPOINT_WORLD} and {@code COUNTERPOINT_TRACKER}, those of torchrun, those of Slurm's
 * srun.
 *
 * @param rank from 0
 * @param world ranks altogether
 * @param localRank its number on its machine, from 0
 * @param source where all this was found, for people to read
 */
public record Spot(int rank, int world, int localRank, Address tracker, String source) {
  private static final int SLURM_FIRST_PORT = 20_000;
  private static final int SLURM_PORTS = 10_000;

  /** What the command line says; null where it does not. */
  public record Options(@Nullable Integer rank, @Nullable Integer world, @Nullable String tracker) {
    /** Whether it says anything. */
    public boolean any() {
      return rank != null || world != null || tracker != null;
    }
  }

  /** A value and where it was found. */
  private record Found(String value, String source) {
    int number() {
      if (!value.matches("\\d{1,6}")) {
        throw new InvalidSettings(source + " \"" + value + "\" must be a whole number from 0.");
      }
      return Integer.parseInt(value);
    }

    /** Job numbers may be long. */
    int job() {
      return value.matches("\\d{1,18}") ? (int) (Long.parseLong(value) % SLURM_PORTS) : 0;
    }
  }

  /**
   * Looks for a place among several machines.
   *
   * @return nothing where this command starts all ranks
   * @throws InvalidSettings where a part of it is missing or wrong
   */
  public static Optional<Spot> of(Options options, Map<String, String> environment) {
    boolean torchrun = environment.containsKey("RANK") && several(environment, "WORLD_SIZE");
    boolean slurm =
        environment.containsKey("SLURM_STEP_ID")
            && environment.containsKey("SLURM_PROCID")
            && several(environment, slurmWorld(environment));
    if (!options.any() && !torchrun && !slurm) {
      return Optional.empty();
    }
    Search search = new Search(environment, torchrun, slurm);
    Found rank = search.rank(options);
    Found world = search.world(options);
    Found tracker = search.tracker(options);
    if (rank.number() >= world.number()) {
      throw new InvalidSettings(
          "%s %s must be less than %s, %s."
              .formatted(rank.source(), rank.value(), world.source(), world.value()));
    }
    return Optional.of(
        new Spot(
            rank.number(),
            world.number(),
            search.localRank(),
            Address.parse(tracker.source(), tracker.value()),
            "%s, %s, %s".formatted(rank.source(), world.source(), tracker.source())));
  }

  private static boolean several(Map<String, String> environment, String name) {
    return environment.getOrDefault(name, "").matches("0*([2-9]|[1-9]\\d+)");
  }

  /**
   * What srun sets counts the step's tasks; the other is the job's, which may have several steps.
   */
  private static String slurmWorld(Map<String, String> environment) {
    return environment.containsKey("SLURM_STEP_NUM_TASKS")
        ? "SLURM_STEP_NUM_TASKS"
        : "SLURM_NTASKS";
  }

  /** The places to look in, in their order. */
  private record Search(Map<String, String> environment, boolean torchrun, boolean slurm) {
    Found rank(Options options) {
      return first(
          "the rank of this process (--rank)",
          option("--rank", options.rank()),
          variable("RANK", torchrun),
          variable("SLURM_PROCID", slurm));
    }

    Found world(Options options) {
      return first(
          "the number of ranks (--world)",
          option("--world", options.world()),
          variable(Place.WORLD, true),
          variable("WORLD_SIZE", torchrun),
          variable(slurmWorld(environment), slurm));
    }

    Found tracker(Options options) {
      return first(
          "where rank 0 is (--tracker HOST:PORT)",
          option("--tracker", options.tracker()),
          variable(Place.TRACKER, true),
          torchrun ? torchrunTracker() : Optional.empty(),
          slurm ? slurmTracker() : Optional.empty());
    }

    int localRank() {
      return first(
              "",
              variable(Place.LOCAL_RANK, true),
              variable("LOCAL_RANK", torchrun),
              variable("SLURM_LOCALID", slurm),
              Optional.of(new Found("0", "")))
          .number();
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // They are only read.
    private static Found first(String what, Optional<Found>... places) {
      return Arrays.stream(places)
          .flatMap(Optional::stream)
          .findFirst()
          .orElseThrow(
              () ->
                  new InvalidSettings(
                      "A run on several machines needs --rank, --world and --tracker; not given: "
                          + what
                          + "."));
    }

    private static Optional<Found> option(String name, @Nullable Object value) {
      return value == null ? Optional.empty() : Optional.of(new Found(value.toString(), name));
    }

    private Optional<Found> variable(String name, boolean counts) {
      return Optional.ofNullable(counts ? environment.get(name) : null)
          .map(value -> new Found(value, name));
    }

    /** Where torchrun's own store listens at that port, the tracker takes the next. */
    private Optional<Found> torchrunTracker() {
      String host = environment.get("MASTER_ADDR");
      String port = environment.get("MASTER_PORT");
      if (host == null || port == null) {
        return Optional.empty();
      }
      boolean taken = "True".equals(environment.get("TORCHELASTIC_USE_AGENT_STORE"));
      int own = new Found(port, "MASTER_PORT").number() + (taken ? 1 : 0);
      String source = "MASTER_ADDR, MASTER_PORT" + (taken ? " + 1" : "");
      return Optional.of(new Found(new Address(host, own).toString(), source));
    }

    /** Rank 0 is on the first node. Jobs of one node get ports of their own. */
    private Optional<Found> slurmTracker() {
      Optional<Found> host =
          variable("SLURM_STEP_NODELIST", true)
              .or(() -> variable("SLURM_JOB_NODELIST", true))
              .map(nodes -> new Found(NodeList.first(nodes.value()), nodes.source()))
              .or(() -> variable("SLURM_LAUNCH_NODE_IPADDR", true));
      int job = variable("SLURM_JOB_ID", true).map(Found::job).orElse(0);
      return host.map(
          it -> new Found(new Address(it.value(), SLURM_FIRST_PORT + job).toString(), it.source()));
    }
  }
}
