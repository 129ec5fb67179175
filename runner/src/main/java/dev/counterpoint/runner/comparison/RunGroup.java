package dev.counterpoint.runner.comparison;

import dev.counterpoint.runner.rundir.RunRecord;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs of the same settings, data and code, which differ only in their seeds.
 *
 * @param name a letter for each group of a comparison, from A
 * @param runs the runs, ordered by seed
 */
public record RunGroup(String name, List<RunRecord> runs) {

  public RunGroup {
    runs = runs.stream().sorted(Comparator.comparingLong(RunGroup::seed)).toList();
  }

  private static long seed(RunRecord run) {
    return run.settings().path("seed").asLong();
  }

  /**
   * The values of a metric by seed, of runs that have a result. Of several runs of one seed, which
   * are no independent samples, the last one counts.
   */
  Map<Long, Double> values(String metric) {
    Map<Long, Double> values = new TreeMap<>();
    for (RunRecord run : runs) {
      Double value = run.results().get(metric);
      if (run.hasResult() && value != null && Double.isFinite(value)) {
        values.put(seed(run), value);
      }
    }
    return values;
  }
}
