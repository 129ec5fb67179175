package dev.counterpoint.runner.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.runner.rundir.RunRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The data of a run.
 *
 * @param examples the hash of all examples; may be empty
 * @param sources the hash of the source of each split, or of each file if the data source has no
 *     hashes of splits
 */
record ComparedData(String examples, Map<String, String> sources) {

  static ComparedData of(RunRecord run) {
    Fingerprint fingerprint = Fingerprint.parse(run.provenance().path("dataFingerprint").asText());
    Map<String, String> sources = new TreeMap<>(fingerprint.parts());
    if (sources.isEmpty()) {
      for (Map.Entry<String, JsonNode> file : run.lastProcess().path("files").properties()) {
        if (file.getKey().startsWith("data.") && file.getValue().has("sha256")) {
          sources.put(file.getKey(), file.getValue().path("sha256").asText());
        }
      }
    }
    return new ComparedData(fingerprint.hash(), sources);
  }

  /**
   * The data of runs, in groups of the same data. Two runs have the same if the hashes of their
   * examples are equal, also from different files, or those of their sources, because random splits
   * with different seeds have different examples; and so have all runs that are linked in this way.
   */
  static List<List<ComparedData>> grouped(List<RunRecord> runs) {
    List<List<ComparedData>> groups = new ArrayList<>();
    for (RunRecord run : runs) {
      ComparedData own = of(run);
      List<ComparedData> merged = new ArrayList<>(List.of(own));
      for (List<ComparedData> group : List.copyOf(groups)) {
        if (group.stream().anyMatch(own::isSame)) {
          merged.addAll(group);
          groups.remove(group);
        }
      }
      groups.add(merged);
    }
    return groups;
  }

  private boolean isSame(ComparedData other) {
    return equals(other)
        || (!examples.isEmpty() && examples.equals(other.examples))
        || (!sources.isEmpty() && sources.equals(other.sources));
  }

  /** The facts that a comparison shows if data differ. */
  Map<String, String> facts() {
    Map<String, String> facts = new TreeMap<>();
    facts.put("hash of the examples", Comparison.abbreviated(examples));
    sources.forEach(
        (name, hash) -> facts.put("hash of the source: " + name, Comparison.abbreviated(hash)));
    return facts;
  }
}
