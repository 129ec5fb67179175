package dev.counterpoint.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Links a checkpoint to the previous one of its run. {@code state.json} contains it, and {@link
 * #FILE} has a line for each checkpoint of the run, also for those that were deleted. Its {@code
 * hash} is the SHA-256 of its other keys, as JSON in this order without white space.
 *
 * @param step the number of optimizer steps done
 * @param parameters the SHA-256 of {@code model.safetensors}
 * @param optimizer the SHA-256 of {@code optimizer.safetensors}
 * @param state the SHA-256 of {@code state.json} without the link, as JSON without white space:
 *     position, data, seed, settings and code
 * @param previous the hash of the previous checkpoint's link; {@link #NONE} for the first
 */
public record CheckpointLink(
    long step, String parameters, String optimizer, String state, String previous) {
  /** The name of the file with the links of a run. */
  public static final String FILE = "history.jsonl";

  /** The previous link of the first checkpoint. */
  public static final String NONE = "";

  static final String KEY = "link";

  private static final String HASH = "hash";

  static CheckpointLink of(JsonNode json) {
    return new CheckpointLink(
        json.path("step").asLong(),
        json.path("parameters").asText(),
        json.path("optimizer").asText(),
        json.path("state").asText(),
        json.path("previous").asText());
  }

  /**
   * Reads the links of a run in the order in which they were saved; empty without a file.
   *
   * @throws DamagedFile if a line is not a link, or its hash differs
   */
  public static List<CheckpointLink> read(Path file) throws IOException {
    List<CheckpointLink> links = new ArrayList<>();
    for (String line :
        Files.exists(file) ? Utf8File.read(file).lines().toList() : List.<String>of()) {
      CheckpointLink link = of(parse(line));
      if (!link.json().toString().equals(line)) {
        throw new DamagedFile(file, "line " + (links.size() + 1) + " does not match its hash");
      }
      links.add(link);
    }
    return links;
  }

  private static JsonNode parse(String line) {
    try {
      return Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return Json.MAPPER.createObjectNode();
    }
  }

  static String hashOf(ObjectNode state) {
    return sha256(state.deepCopy().without(KEY));
  }

  /** The hash that the next checkpoint refers to. */
  public String hash() {
    return sha256(json().without(HASH));
  }

  ObjectNode json() {
    ObjectNode json = Json.MAPPER.valueToTree(this);
    return json.put(HASH, sha256(json));
  }

  private static String sha256(JsonNode json) {
    return Sha256.of(json.toString().getBytes(StandardCharsets.UTF_8));
  }
}
