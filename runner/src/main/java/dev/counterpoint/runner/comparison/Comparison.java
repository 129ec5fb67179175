package dev.counterpoint.runner.comparison;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Iterables;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.RunRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Comparison of runs: groups of equal settings, the settings that differ, and the differences of
 * their metrics in relation to the deviation between seeds. The first group is the baseline.
 *
 * @param settings the settings and facts that differ between runs
 * @param metrics the names of the metrics of all runs, without those of single classes
 */
public record Comparison(List<RunGroup> groups, List<Setting> settings, List<String> metrics) {
  private static final int MAX_METRICS = 30;
  private static final String SEED = "seed";

  /** The compared facts other than settings and {@link ComparedData}. */
  private static final Pattern FACTS =
      Pattern.compile(
          "files\\.(?!data\\.).*\\.sha256|code\\..*|versions\\.(counterpoint|commit|engine|java)"
              + "|machine\\.(cpu|threads|device|processes)");

  /** The facts and settings that may differ within a group. */
  private static final Pattern IGNORED =
      Pattern.compile(
          "name|threads|device|(classpath|privacy|checkpoint|versions|machine)\\b.*"
              + "|training\\.(reportEvery|maxTime)|data\\..*\\.(path|sql\\..*)");

  /**
   * A setting or fact that differs between runs.
   *
   * @param values the value of each group; several values if it differs within the group
   */
  public record Setting(String key, List<String> values) {}

  /**
   * Compares runs, in the given order.
   *
   * @param reporting the types of callbacks on which results do not depend; they are not compared
   */
  public static Comparison of(List<RunRecord> runs, Set<String> reporting) {
    Map<Path, Map<String, String>> facts = new HashMap<>(); // by run directory
    Map<Map<String, String>, List<RunRecord>> grouped = new LinkedHashMap<>();
    List<List<ComparedData>> data = ComparedData.grouped(runs);
    for (RunRecord run : runs) {
      Map<String, String> all = facts(run, reporting);
      ComparedData own = ComparedData.of(run);
      data.stream()
          .filter(same -> same.contains(own))
          .forEach(same -> all.putAll(same.get(0).facts()));
      facts.put(run.directory().path(), all);
      Map<String, String> compared = new TreeMap<>(all);
      compared.keySet().removeIf(key -> IGNORED.matcher(key).matches());
      grouped.computeIfAbsent(compared, key -> new ArrayList<>()).add(run);
    }
    List<RunGroup> groups = new ArrayList<>();
    grouped.values().forEach(members -> groups.add(new RunGroup(name(groups.size()), members)));
    Set<String> metrics = new LinkedHashSet<>();
    runs.forEach(run -> metrics.addAll(run.results().keySet()));
    metrics.removeIf(metric -> metric.contains("."));
    return new Comparison(
        groups, settings(groups, facts), metrics.stream().limit(MAX_METRICS).toList());
  }

  /** A to Z, then AA to AZ and so on. */
  private static String name(int index) {
    String last = Character.toString('A' + index % 26);
    return index < 26 ? last : name(index / 26 - 1) + last;
  }

  private static Map<String, String> facts(RunRecord run, Set<String> reporting) {
    ObjectNode settings = run.settings().deepCopy();
    Iterables.removeIf(
        settings.withArray("callbacks"), it -> reporting.contains(it.path("type").asText()));
    Map<String, String> facts = new TreeMap<>(FlatSettings.of(settings));
    facts.remove(SEED);
    FlatSettings.of(run.lastProcess().deepCopy().without(List.of("settings", "resumes")))
        .forEach(
            (key, value) -> {
              if (FACTS.matcher(key).matches()) {
                facts.put(key, abbreviated(value));
              }
            });
    return facts;
  }

  static String abbreviated(String value) {
    return value.matches("\\p{XDigit}{40,}") ? value.substring(0, 12) : value;
  }

  private static List<Setting> settings(
      List<RunGroup> groups, Map<Path, Map<String, String>> factsByRun) {
    List<List<Map<String, String>>> facts =
        groups.stream()
            .map(
                group ->
                    group.runs().stream()
                        .map(run -> Objects.requireNonNull(factsByRun.get(run.directory().path())))
                        .toList())
            .toList();
    Set<String> keys = new TreeSet<>();
    facts.forEach(members -> members.forEach(run -> keys.addAll(run.keySet())));
    List<Setting> differing = new ArrayList<>();
    for (String key : keys) {
      List<String> values =
          facts.stream()
              .map(
                  members ->
                      members.stream()
                          .map(run -> run.getOrDefault(key, "absent"))
                          .distinct()
                          .collect(Collectors.joining(" or ")))
              .toList();
      boolean differsWithin =
          facts.stream()
              .anyMatch(
                  members -> members.stream().map(run -> run.get(key)).distinct().count() > 1);
      if (differsWithin || values.stream().distinct().count() > 1) {
        differing.add(new Setting(key, values));
      }
    }
    return differing;
  }

  /**
   * Describes a metric in a few lines: mean and deviation of each group, and the difference of the
   * other groups from the baseline.
   */
  public List<String> describe(String metric) {
    List<String> lines = new ArrayList<>();
    Map<Long, Double> baseline = groups.get(0).values(metric);
    for (RunGroup group : groups) {
      Map<Long, Double> values = group.values(metric);
      if (!values.isEmpty()) {
        lines.add(
            Formats.of(
                "%s: mean %.4g%s, %s",
                group.name(),
                Difference.mean(values.values()),
                values.size() < 2
                    ? ""
                    : Formats.of(
                        ", deviation %.2g", Math.sqrt(Difference.variance(values.values()))),
                Formats.count(values.size(), SEED)));
      }
    }
    long newSeed = 0; // for a difference that is not known
    for (RunGroup group : groups.subList(1, groups.size())) {
      Map<Long, Double> values = group.values(metric);
      if (!baseline.isEmpty() && !values.isEmpty()) {
        Optional<Difference> difference = Difference.of(baseline, values);
        double mean = Difference.mean(values.values()) - Difference.mean(baseline.values());
        lines.add(
            "%s - %s: %s"
                .formatted(
                    group.name(),
                    groups.get(0).name(),
                    values.equals(baseline)
                        ? "equal for each seed"
                        : difference
                            .map(Difference::describe)
                            .orElseGet(() -> Formats.of("%+.4g, which cannot be judged", mean))));
        if (difference.isEmpty()) {
          newSeed = Math.max(newSeed, 1 + Math.max(last(baseline), last(values)));
        }
      }
    }
    if (newSeed > 0) {
      lines.add(
          "The deviation of a group with one seed is unknown. Train it with more seeds, as with"
              + " --set seed="
              + newSeed);
    }
    return lines;
  }

  private static long last(Map<Long, Double> valuesBySeed) {
    return new TreeSet<>(valuesBySeed.keySet()).last();
  }

  /** The comparison as a JSON object. */
  public ObjectNode toJson() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    for (RunGroup group : groups) {
      ObjectNode entry = json.withArray("groups").addObject().put("name", group.name());
      group.runs().forEach(run -> entry.withArray("runs").add(run.toJson()));
    }
    ObjectNode differing = json.putObject("settings");
    for (Setting setting : settings) {
      ObjectNode values = differing.putObject(setting.key());
      groups.forEach(it -> values.put(it.name(), setting.values().get(groups.indexOf(it))));
    }
    ObjectNode measured = json.putObject("metrics");
    metrics.forEach(metric -> measured.set(metric, toJson(metric)));
    return json;
  }

  private ObjectNode toJson(String metric) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    for (RunGroup group : groups) {
      Map<Long, Double> values = group.values(metric);
      ObjectNode entry = json.putObject(group.name()).put("seeds", values.size());
      entry.put("mean", Json.finite(Difference.mean(values.values())));
      entry.put("deviation", Json.finite(Math.sqrt(Difference.variance(values.values()))));
      Optional<Difference> found = Difference.of(groups.get(0).values(metric), values);
      if (!group.equals(groups.get(0)) && found.isPresent()) {
        Difference difference = found.get();
        ObjectNode from = entry.putObject("difference").put("value", difference.difference());
        from.put("low", Json.finite(difference.low()));
        from.put("high", Json.finite(difference.high()));
        from.put("degreesOfFreedom", Json.finite(difference.degrees()));
        from.put("paired", difference.paired());
        difference.seeds().ifPresent(seeds -> from.put("seedsForPower", seeds));
      }
    }
    return json;
  }
}
