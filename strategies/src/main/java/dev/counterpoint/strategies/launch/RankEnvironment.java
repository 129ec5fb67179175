package dev.counterpoint.strategies.launch;

import dev.counterpoint.strategies.internal.network.Secret;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The environment variables that make a process a rank.
 *
 * @param rank from 0
 * @param worldSize ranks of the run
 * @param localRank the number of this rank on its machine, from 0
 * @param tracker where the tracker listens
 */
public record RankEnvironment(
    int rank, int worldSize, int localRank, Address tracker, Secret secret) {
  /** The variable whose presence makes a process a rank. */
  public static final String RANK = "COUNTERPOINT_RANK";

  public static final String WORLD = "COUNTERPOINT_WORLD";
  static final String LOCAL_RANK = "COUNTERPOINT_LOCAL_RANK";
  static final String TRACKER = "COUNTERPOINT_TRACKER";
  static final String SECRET = "COUNTERPOINT_SECRET";

  /** The variable that is {@code copy} if the ranks do not share the run directory. */
  private static final String DIRECTORY = "COUNTERPOINT_DIRECTORY";

  private static final String COPY = "copy";

  /**
   * Reads the variables.
   *
   * @return empty if the process is not a rank
   * @throws LaunchException if a variable is missing or invalid
   */
  public static Optional<RankEnvironment> of(Map<String, String> environment) {
    String rank = environment.get(RANK);
    if (rank == null) {
      return Optional.empty();
    }
    int worldSize = number(WORLD, required(environment, WORLD));
    int own = number(RANK, rank);
    if (own >= worldSize) {
      throw LaunchException.invalid(
          RANK + " " + own + " must be less than " + WORLD + ", " + worldSize + ".");
    }
    return Optional.of(
        new RankEnvironment(
            own,
            worldSize,
            number(LOCAL_RANK, environment.getOrDefault(LOCAL_RANK, "0")),
            Address.parse(TRACKER, required(environment, TRACKER)),
            secret(environment)));
  }

  /** The secret of the ranks; empty if the variable is absent. */
  public static Secret secret(Map<String, String> environment) {
    return withTls(Secret.of(environment.getOrDefault(SECRET, "")), environment);
  }

  /**
   * A secret for connections with TLS, if the environment names a key store.
   *
   * @throws LaunchException if the key store cannot be used
   */
  public static Secret withTls(Secret secret, Map<String, String> environment) {
    try {
      return secret.withTls(environment);
    } catch (IllegalArgumentException e) {
      throw LaunchException.invalid(String.valueOf(e.getMessage()));
    }
  }

  /** Whether this rank works on a copy of the run directory that the launcher provided. */
  public static boolean hasDirectoryCopy(Map<String, String> environment) {
    return COPY.equals(environment.get(DIRECTORY));
  }

  /** Marks the run directory of a rank as its own copy. */
  public static void markDirectoryCopy(Map<String, String> environment) {
    environment.put(DIRECTORY, COPY);
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null) {
      throw LaunchException.invalid(
          RANK + " makes this process a rank of a distributed run; " + name + " must be set too.");
    }
    return value;
  }

  static int number(String name, String value) {
    if (!value.matches("\\d{1,6}")) {
      throw LaunchException.invalid(
          name + " \"" + value + "\" must be a whole number, 0 or greater.");
    }
    return Integer.parseInt(value);
  }

  /** The variables, for the environment of a child process. */
  public Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(RANK, Integer.toString(rank));
    variables.put(WORLD, Integer.toString(worldSize));
    variables.put(LOCAL_RANK, Integer.toString(localRank));
    variables.put(TRACKER, tracker.toString());
    variables.put(SECRET, secret.reveal());
    return variables;
  }
}
