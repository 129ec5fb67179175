package dev.counterpoint.strategies.launch;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rank of this command in a run on several machines, and the address of the tracker.
 *
 * <p>Each value is taken from the first of these sources that has it: the options, the variables
 * {@code COUNTERPOINT_WORLD} and {@code COUNTERPOINT_TRACKER}, those of torchrun, those of Slurm's
 * srun.
 *
 * @param rank from 0
 * @param worldSize ranks of the run
 * @param localRank the number of this rank on its machine, from 0
 * @param source the names of the options and variables, for messages
 */
public record ClusterEnvironment(
    int rank, int worldSize, int localRank, Address tracker, String source) {
  private static final Pattern FIRST_NODE =
      Pattern.compile("([^,\\[]+)(?:\\[(\\d+)[^]]*]([^,]*))?.*");
  private static final int SLURM_FIRST_PORT = 20_000;
  private static final int SLURM_PORTS = 10_000;

  /** Command-line options; null if absent. */
  public record Options(
      @Nullable Integer rank, @Nullable Integer worldSize, @Nullable String tracker) {
    /** Whether any option is present. */
    public boolean any() {
      return rank != null || worldSize != null || tracker != null;
    }
  }

  /** A value and its source. */
  private record Found(String value, String source) {
    int number() {
      return RankEnvironment.number(source, value);
    }

    /** A Slurm job id as a port offset; the id may exceed an int. */
    int portOffset() {
      return value.matches("\\d{1,18}") ? (int) (Long.parseLong(value) % SLURM_PORTS) : 0;
    }
  }

  /**
   * Reads options and environment.
   *
   * @return empty if this command starts all ranks
   * @throws LaunchException if a value is missing or invalid
   */
  public static Optional<ClusterEnvironment> of(Options options, Map<String, String> environment) {
    boolean torchrun = environment.containsKey("RANK") && isMultiProcess(environment, "WORLD_SIZE");
    boolean slurm =
        environment.containsKey("SLURM_STEP_ID")
            && environment.containsKey("SLURM_PROCID")
            && isMultiProcess(environment, slurmWorldSize(environment));
    if (!options.any() && !torchrun && !slurm) {
      return Optional.empty();
    }
    Search search = new Search(environment, torchrun, slurm);
    Found rank = search.rank(options);
    Found worldSize = search.worldSize(options);
    Found tracker = search.tracker(options);
    if (rank.number() >= worldSize.number()) {
      throw LaunchException.invalid(
          "%s %s must be less than %s %s."
              .formatted(rank.source(), rank.value(), worldSize.source(), worldSize.value()));
    }
    return Optional.of(
        new ClusterEnvironment(
            rank.number(),
            worldSize.number(),
            search.localRank(),
            Address.parse(tracker.source(), tracker.value()),
            "%s, %s, %s".formatted(rank.source(), worldSize.source(), tracker.source())));
  }

  private static boolean isMultiProcess(Map<String, String> environment, String name) {
    return environment.getOrDefault(name, "").matches("0*([2-9]|[1-9]\\d+)");
  }

  /** The variable with the number of tasks of the step or, without srun, of the job. */
  private static String slurmWorldSize(Map<String, String> environment) {
    return environment.containsKey("SLURM_STEP_NUM_TASKS")
        ? "SLURM_STEP_NUM_TASKS"
        : "SLURM_NTASKS";
  }

  /** Reads each value from its sources, in their order. */
  private record Search(Map<String, String> environment, boolean torchrun, boolean slurm) {
    Found rank(Options options) {
      return first(
          "the rank of this process (--rank)",
          option("--rank", options.rank()),
          variable("RANK", torchrun),
          variable("SLURM_PROCID", slurm));
    }

    Found worldSize(Options options) {
      return first(
          "the number of ranks (--world-size)",
          option("--world-size", options.worldSize()),
          variable(RankEnvironment.WORLD, true),
          variable("WORLD_SIZE", torchrun),
          variable(slurmWorldSize(environment), slurm));
    }

    Found tracker(Options options) {
      return first(
          "the tracker's address (--tracker HOST:PORT)",
          option("--tracker", options.tracker()),
          variable(RankEnvironment.TRACKER, true),
          torchrun ? torchrunTracker() : Optional.empty(),
          slurm ? slurmTracker() : Optional.empty());
    }

    int localRank() {
      return first(
              "",
              variable(RankEnvironment.LOCAL_RANK, true),
              variable("LOCAL_RANK", torchrun),
              variable("SLURM_LOCALID", slurm),
              Optional.of(new Found("0", "")))
          .number();
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    private static Found first(String what, Optional<Found>... sources) {
      return Arrays.stream(sources)
          .flatMap(Optional::stream)
          .findFirst()
          .orElseThrow(
              () ->
                  LaunchException.invalid(
                      "A run on several machines needs --rank, --world-size and --tracker; missing: %s."
                          .formatted(what)));
    }

    private static Optional<Found> option(String name, @Nullable Object value) {
      return value == null ? Optional.empty() : Optional.of(new Found(value.toString(), name));
    }

    private Optional<Found> variable(String name, boolean enabled) {
      return Optional.ofNullable(enabled ? environment.get(name) : null)
          .map(value -> new Found(value, name));
    }

    /** The tracker at MASTER_PORT, or at the next port if torchrun's own store listens there. */
    private Optional<Found> torchrunTracker() {
      String host = environment.get("MASTER_ADDR");
      String port = environment.get("MASTER_PORT");
      if (host == null || port == null) {
        return Optional.empty();
      }
      boolean used = "True".equals(environment.get("TORCHELASTIC_USE_AGENT_STORE"));
      int own = new Found(port, "MASTER_PORT").number() + (used ? 1 : 0);
      String source = "MASTER_ADDR, MASTER_PORT" + (used ? " + 1" : "");
      return Optional.of(new Found(new Address(host, own).toString(), source));
    }

    /** The tracker on the first node, where rank 0 runs. Different jobs use different ports. */
    private Optional<Found> slurmTracker() {
      Optional<Found> host =
          variable("SLURM_STEP_NODELIST", true)
              .or(() -> variable("SLURM_JOB_NODELIST", true))
              .map(nodes -> new Found(firstNode(nodes.value()), nodes.source()))
              .or(() -> variable("SLURM_LAUNCH_NODE_IPADDR", true));
      int job = variable("SLURM_JOB_ID", true).map(Found::portOffset).orElse(0);
      return host.map(
          it -> new Found(new Address(it.value(), SLURM_FIRST_PORT + job).toString(), it.source()));
    }
  }

  /** The first host of a Slurm node list, as {@code gpu03} of {@code gpu[03-05,9],login1}. */
  private static String firstNode(String nodes) {
    Matcher first = FIRST_NODE.matcher(nodes.strip());
    if (!first.matches()) {
      return nodes.strip();
    }
    return first.group(2) == null
        ? first.group(1)
        : first.group(1) + first.group(2) + first.group(3);
  }
}
