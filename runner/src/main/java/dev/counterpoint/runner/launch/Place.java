package dev.counterpoint.runner.launch;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Secret;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The place of a process among the ranks of a run, as its environment says.
 *
 * @param rank from 0
 * @param world ranks altogether
 * @param localRank its number among the ranks of its machine, from 0
 * @param tracker where the gate is
 * @param leashed whether it ends with its standard input
 */
public record Place(
    int rank, int world, int localRank, Address tracker, Secret secret, boolean leashed) {
  static final String RANK = "COUNTERPOINT_RANK";
  static final String WORLD = "COUNTERPOINT_WORLD";
  static final String LOCAL_RANK = "COUNTERPOINT_LOCAL_RANK";
  static final String TRACKER = "COUNTERPOINT_TRACKER";
  static final String SECRET = "COUNTERPOINT_SECRET";
  static final String LEASH = "COUNTERPOINT_LEASH";
  private static final String STDIN = "stdin";

  /**
   * Reads an environment.
   *
   * @return nothing where the process is no rank
   * @throws InvalidSettings where it is one, and what else it must know is missing or wrong
   */
  public static Optional<Place> of(Map<String, String> environment) {
    String rank = environment.get(RANK);
    if (rank == null) {
      return Optional.empty();
    }
    int world = number(WORLD, required(environment, WORLD));
    int own = number(RANK, rank);
    if (own >= world) {
      throw new InvalidSettings(
          RANK + " " + own + " must be less than " + WORLD + ", " + world + ".");
    }
    return Optional.of(
        new Place(
            own,
            world,
            number(LOCAL_RANK, environment.getOrDefault(LOCAL_RANK, "0")),
            Address.parse(TRACKER, required(environment, TRACKER)),
            secret(environment),
            leashed(environment)));
  }

  static Secret secret(Map<String, String> environment) {
    return Secret.of(environment.getOrDefault(SECRET, ""));
  }

  static boolean leashed(Map<String, String> environment) {
    return STDIN.equals(environment.get(LEASH));
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null) {
      throw new InvalidSettings(
          RANK + " makes this process a rank of a distributed run; " + name + " must be set too.");
    }
    return value;
  }

  private static int number(String name, String value) {
    if (!value.matches("\\d{1,6}")) {
      throw new InvalidSettings(name + " \"" + value + "\" must be a whole number from 0.");
    }
    return Integer.parseInt(value);
  }

  /** The environment that says this to another process. */
  public Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put(RANK, Integer.toString(rank));
    environment.put(WORLD, Integer.toString(world));
    environment.put(LOCAL_RANK, Integer.toString(localRank));
    environment.put(TRACKER, tracker.toString());
    environment.put(SECRET, secret.reveal());
    if (leashed) {
      environment.put(LEASH, STDIN);
    }
    return environment;
  }
}
