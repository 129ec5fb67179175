package dev.counterpoint.runner.comparison;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.data.source.Fingerprint;
import dev.counterpoint.runner.rundir.RunRecord;
import java.util.Map;
import java.util.TreeMap;

/**
 * The data of a run.
 *
 * @param examples the hash of all examples; may be empty
 * @param sources the hash of the source of each split; of a data source that has none, that of each
 *     file
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
   * Returns whether the examples are equal, from whatever files or queries, or the sources, of
   * which a random split has other examples with another seed.
   */
  boolean isSame(ComparedData other) {
    return equals(other)
        || (!examples.isEmpty() && examples.equals(other.examples))
        || (!sources.isEmpty() && sources.equals(other.sources));
  }

  /** What a comparison shows of data that differ. */
  Map<String, String> facts() {
    Map<String, String> facts = new TreeMap<>();
    facts.put("hash of the examples", Comparison.abbreviated(examples));
    sources.forEach(
        (name, hash) -> facts.put("hash of the source: " + name, Comparison.abbreviated(hash)));
    return facts;
  }
}
