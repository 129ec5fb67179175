package dev.counterpoint.serving.registry;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.serving.ModelId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The names, versions and aliases of a registry at one time, computed from its events.
 *
 * @param events all changes, in order
 * @param versions the versions of each name that are not removed
 * @param aliases the version of each alias of each name
 */
public record RegistryContent(
    List<RegistryEvent> events,
    Map<String, TreeMap<Integer, Version>> versions,
    Map<String, TreeMap<String, Integer>> aliases) {

  /** The alias that a name without version or alias refers to, if it exists. */
  public static final String DEFAULT_ALIAS = "champion";

  private static final String ARTIFACT = "[0-9a-f]{64}"; // SHA-256

  /**
   * A version of a model.
   *
   * @param artifact the SHA-256 of its content
   * @param added the event that added it
   */
  public record Version(String name, int number, String artifact, RegistryEvent added) {
    /** The name and number, such as {@code fraud/7}. */
    public ModelId id() {
      return new ModelId(name, number, null);
    }
  }

  /**
   * Applies events.
   *
   * @throws InvalidSettings if one is not valid: a journal may come from anyone
   */
  static RegistryContent of(List<RegistryEvent> events) {
    Map<String, TreeMap<Integer, Version>> versions = new TreeMap<>();
    Map<String, TreeMap<String, Integer>> aliases = new TreeMap<>();
    for (RegistryEvent event : events) {
      requireValid(event);
      String name = event.name();
      Integer number = event.version();
      String artifact = event.artifact();
      if (number != null && artifact != null) {
        versions
            .computeIfAbsent(name, it -> new TreeMap<>())
            .put(number, new Version(name, number, artifact, event));
      } else if (event.kind() == RegistryEvent.Kind.REMOVE && number != null) {
        versions.getOrDefault(name, new TreeMap<>()).remove(number);
      }
      if (event.alias() != null) {
        TreeMap<String, Integer> all = aliases.computeIfAbsent(name, it -> new TreeMap<>());
        if (number == null) {
          all.remove(event.alias());
        } else {
          all.put(event.alias(), number);
        }
      }
    }
    versions.values().removeIf(Map::isEmpty);
    return new RegistryContent(List.copyOf(events), versions, aliases);
  }

  private static void requireValid(RegistryEvent event) {
    boolean isValid = event.kind() != null && event.name() != null;
    if (isValid && event.kind() != RegistryEvent.Kind.CREATE) {
      new ModelId(event.name(), event.version(), null);
      new ModelId(event.name(), null, event.alias());
      isValid = event.artifact() == null || event.artifact().matches(ARTIFACT);
    }
    if (!isValid) {
      throw new InvalidSettings(
          "The journal of the registry has an invalid change: %s", Excerpt.of(event.toString()));
    }
  }

  /** The versions of all names. */
  public List<Version> all() {
    return versions.values().stream().flatMap(it -> it.values().stream()).toList();
  }

  /** The number of the next version; the numbers of removed versions are not reused. */
  int nextVersion(String name) {
    return events.stream()
            .filter(it -> it.artifact() != null && it.name().equals(name))
            .mapToInt(it -> Optional.ofNullable(it.version()).orElse(0))
            .max()
            .orElse(0)
        + 1;
  }

  Set<String> artifacts() {
    Set<String> used = new HashSet<>();
    versions.values().forEach(all -> all.values().forEach(it -> used.add(it.artifact())));
    return used;
  }

  private Map<String, Integer> aliasesOf(String name) {
    return aliases.getOrDefault(name, new TreeMap<>());
  }

  /** The version of an alias; empty if there is none. */
  public Optional<Integer> alias(String name, String alias) {
    return Optional.ofNullable(aliasesOf(name).get(alias));
  }

  /** The aliases of a version. */
  public List<String> aliases(Version version) {
    return aliasesOf(version.name()).entrySet().stream()
        .filter(it -> it.getValue() == version.number())
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Finds a version. A name alone refers to its alias {@link #DEFAULT_ALIAS} or, without it, to its
   * newest version.
   *
   * @throws InvalidSettings if there is none
   */
  public Version find(ModelId id) {
    TreeMap<Integer, Version> all = versions.get(id.name());
    if (all == null) {
      throw new InvalidSettings(
          "The registry has no model \"%s\"%s Models: %s.",
          id.name(),
          Nearest.suggestion(id.name(), versions.keySet()),
          versions.isEmpty() ? "none" : Excerpt.ofList(versions.keySet()));
    }
    Integer number = id.version();
    if (number == null) {
      number =
          alias(id.name(), id.alias() == null ? DEFAULT_ALIAS : id.alias())
              .orElse(id.alias() == null ? all.lastKey() : null);
    }
    if (number == null || !all.containsKey(number)) {
      List<String> allowed = new ArrayList<>();
      all.keySet().forEach(it -> allowed.add(id.name() + "/" + it));
      aliasesOf(id.name()).keySet().forEach(it -> allowed.add(id.name() + "@" + it));
      throw new InvalidSettings(
          "The registry has no \"%s\". It has %s.", id, Excerpt.ofList(allowed));
    }
    return all.get(number);
  }
}
