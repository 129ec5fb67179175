package dev.counterpoint.core.snapshot;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.DiskSync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A step as it was about to be made: the parameters before it, its micro-batches, its seeds and
 * what came of it. A folder with {@code snapshot.json}, {@code model.safetensors}, {@code
 * batch-0.safetensors} and so on.
 *
 * @param step the number of the step
 * @param seed of the run
 * @param rank of the process whose micro-batches these are
 * @param reason why it was kept
 * @param loss the mean over the whole step; may be no number
 * @param gradientNorm may be no number
 * @param items of this process, by name
 * @param batches items and tokens of each micro-batch
 */
public record StepSnapshot(
    long step,
    long seed,
    int rank,
    String reason,
    double loss,
    double gradientNorm,
    List<String> items,
    List<Sizes> batches) {
  private static final String FACTS = "snapshot.json";
  private static final String FORMER_FACTS = "capsule.json"; // of version 0.1
  private static final String WEIGHTS = "model.safetensors";
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * How large a micro-batch is.
   *
   * @param tokens that are not padding
   */
  public record Sizes(int items, long tokens) {}

  public StepSnapshot {
    items = List.copyOf(items);
    batches = List.copyOf(batches);
  }

  /**
   * Writes a snapshot; the folder has its name only when all is in it.
   *
   * @param more texts that lie beside it, by file name
   * @throws IOException naming what failed; nothing is left then
   */
  void write(
      Path folder, List<Parameter> parameters, List<Batch> microBatches, Map<String, String> more)
      throws IOException {
    Path fresh = folder.resolveSibling("." + folder.getFileName() + ".new");
    Files.createDirectories(fresh);
    try {
      ModelWeights.save(parameters, fresh.resolve(WEIGHTS));
      for (int i = 0; i < microBatches.size(); i++) {
        SafetensorsWriter.write(batch(fresh, i), microBatches.get(i).tensors());
      }
      for (Map.Entry<String, String> text : more.entrySet()) {
        write(fresh.resolve(text.getKey()), text.getValue());
      }
      write(fresh.resolve(FACTS), facts().toPrettyString());
      DiskSync.ofDirectory(fresh);
      Files.move(fresh, folder);
      DiskSync.ofDirectory(folder.resolveSibling("."));
    } finally {
      remove(fresh);
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    DiskSync.ofFile(file);
  }

  private ObjectNode facts() {
    ObjectNode facts = JSON.createObjectNode();
    facts.put("step", step).put("seed", seed).put("rank", rank).put("reason", reason);
    // As text, since JSON has no word for what is not finite.
    facts.put("loss", Double.toString(loss)).put("gradientNorm", Double.toString(gradientNorm));
    items.forEach(facts.putArray("items")::add);
    for (Sizes sizes : batches) {
      facts
          .withArray("batches")
          .addObject()
          .put("items", sizes.items())
          .put("tokens", sizes.tokens());
    }
    return facts;
  }

  /**
   * Reads what was written; tensors stay on the disk.
   *
   * @throws InvalidSettings where the folder is no snapshot
   */
  public static StepSnapshot read(Path folder) throws IOException {
    Path former = folder.resolve(FORMER_FACTS);
    Path file = Files.exists(former) ? former : folder.resolve(FACTS);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          folder
              + " is not a snapshot: it has no "
              + FACTS
              + (Files.exists(folder) ? "." : ", as it does not exist."));
    }
    JsonNode facts = facts(file);
    List<String> items = new ArrayList<>();
    facts.path("items").forEach(item -> items.add(item.asText()));
    List<Sizes> batches = new ArrayList<>();
    for (JsonNode batch : facts.path("batches")) {
      batches.add(new Sizes((int) whole(file, batch, "items", 1), whole(file, batch, "tokens", 0)));
    }
    if (batches.isEmpty()) {
      throw damaged(file, "it has no \"batches\"");
    }
    return new StepSnapshot(
        whole(file, facts, "step", 1),
        whole(file, facts, "seed", Long.MIN_VALUE),
        (int) whole(file, facts, "rank", 0),
        facts.path("reason").asText(),
        number(file, facts, "loss"),
        number(file, facts, "gradientNorm"),
        items,
        batches);
  }

  private static long whole(Path file, JsonNode facts, String key, long least) {
    JsonNode value = facts.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least) {
      throw damaged(file, "it has no \"" + key + "\" that may be");
    }
    return value.longValue();
  }

  private static double number(Path file, JsonNode facts, String key) {
    try {
      return Double.parseDouble(facts.path(key).asText());
    } catch (NumberFormatException e) {
      throw damaged(file, "its \"" + key + "\" is no number");
    }
  }

  private static InvalidSettings damaged(Path file, String why) {
    return new InvalidSettings(file + " is damaged: " + why + ".");
  }

  private static JsonNode facts(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw damaged(file, "it is no JSON (" + e.getOriginalMessage() + ")");
    }
  }

  /** Gives a model the parameters that it had before the step. */
  static void loadWeights(Path folder, List<Parameter> parameters) throws IOException {
    ModelWeights.load(parameters, folder.resolve(WEIGHTS));
  }

  /** A micro-batch, to be closed by whoever asks. */
  Batch loadBatch(Path folder, int index, Device device) throws IOException {
    Map<String, HostTensor> tensors = new HashMap<>();
    try (SafetensorsReader reader = SafetensorsReader.open(batch(folder, index));
        NDManager manager = Torch.newManager(Device.cpu())) {
      for (String name : reader.tensors().keySet()) {
        tensors.put(name, host(reader.load(name, manager), batch(folder, index)));
      }
    }
    Sizes sizes = batches.get(index);
    return new Batch(new HostBatch(sizes.items(), sizes.tokens(), tensors), device);
  }

  private static HostTensor host(NDArray array, Path file) {
    long[] shape = array.getShape().getShape();
    return switch (array.getDataType()) {
      case INT64 -> HostTensor.of(array.toLongArray(), shape);
      case FLOAT32 -> HostTensor.of(array.toFloatArray(), shape);
      default -> throw damaged(file, "it holds " + array.getDataType());
    };
  }

  private static Path batch(Path folder, int index) {
    return folder.resolve("batch-" + index + ".safetensors");
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
