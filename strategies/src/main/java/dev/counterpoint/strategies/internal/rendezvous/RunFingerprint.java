package dev.counterpoint.strategies.internal.rendezvous;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The code, settings, data and run directory of a rank, which must be equal on all ranks.
 *
 * @param code hashes, by the name of the jar or folder
 * @param settings the resolved run file, by key
 * @param data hashes of the data, by split
 * @param directory the run directory
 */
public record RunFingerprint(
    Map<String, String> code,
    Map<String, String> settings,
    Map<String, String> data,
    String directory) {
  static final String TYPE = "fingerprint";

  /** The message field with the address of the rank in the ring. */
  static final String RING = "ring";

  private static final String MARK = ".ranks";

  /** The file that rank 0 writes, and which all ranks must see. */
  Path mark() {
    return Path.of(directory, MARK);
  }

  /** All values by their names in messages, as {@code training.batchSize}. */
  Map<String, String> values() {
    Map<String, String> values = new TreeMap<>(settings);
    code.forEach((name, hash) -> values.put("the code in " + name, hash));
    data.forEach(
        (split, hash) -> values.put(split.isEmpty() ? "the data" : "the data in " + split, hash));
    return values;
  }
}
