package dev.counterpoint.core.snapshot;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.DiskSync;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Snapshot of one training step: the parameters before the step, its micro-batches, its seed, and
 * the resulting loss and gradient norm. Stored as a folder with {@code snapshot.json}, {@code
 * model.safetensors}, {@code batch-0.safetensors} and so on.
 *
 * @param step the number of the step, counted from 1
 * @param seed the seed of the run
 * @param rank the rank of the process that computed these micro-batches
 * @param reason why the snapshot was saved
 * @param loss the mean loss over the whole step; may be NaN or infinite
 * @param gradientNorm the gradient norm of the step; may be NaN or infinite
 * @param examples the names of the examples that this process computed
 * @param batches the size of each micro-batch
 */
public record StepSnapshot(
    long step,
    long seed,
    int rank,
    String reason,
    double loss,
    double gradientNorm,
    List<String> examples,
    List<Sizes> batches) {
  private static final String METADATA = "snapshot.json";
  private static final String FORMER_METADATA = "capsule.json"; // of version 0.1
  private static final String WEIGHTS = "model.safetensors";

  /**
   * The size of a micro-batch.
   *
   * @param examples the number of examples
   * @param tokens the number of tokens that are not padding
   */
  public record Sizes(int examples, long tokens) {}

  public StepSnapshot {
    reason = Secrets.mask(reason);
    examples = examples.stream().map(Secrets::mask).toList(); // with the paths of files
    batches = List.copyOf(batches);
  }

  /**
   * Writes the snapshot atomically: the folder gets its name after all files are written.
   *
   * @param texts additional text files by file name
   * @throws IOException if writing fails; an incomplete folder is removed
   */
  void write(
      Path folder, List<Parameter> parameters, List<Batch> microBatches, Map<String, String> texts)
      throws IOException {
    Path temporary = folder.resolveSibling("." + folder.getFileName() + ".new");
    FileAccess.createPrivateFolder(temporary);
    try {
      ModelWeights.save(parameters, temporary.resolve(WEIGHTS));
      for (int i = 0; i < microBatches.size(); i++) {
        SafetensorsWriter.write(batch(temporary, i), microBatches.get(i).tensors());
      }
      for (Map.Entry<String, String> text : texts.entrySet()) {
        write(temporary.resolve(text.getKey()), text.getValue());
      }
      write(temporary.resolve(METADATA), toJson().toPrettyString());
      for (Path file : FolderEntries.of(temporary)) {
        FileAccess.makeFilePrivate(file);
      }
      DiskSync.ofDirectory(temporary);
      Files.move(temporary, folder);
      DiskSync.ofDirectory(folder.resolveSibling("."));
    } finally {
      new LocalDisk().delete(temporary);
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    DiskSync.ofFile(file);
  }

  private ObjectNode toJson() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("step", step).put("seed", seed).put("rank", rank).put("reason", reason);
    // As text, because JSON cannot represent NaN and infinity.
    json.put("loss", Double.toString(loss)).put("gradientNorm", Double.toString(gradientNorm));
    examples.forEach(json.putArray("items")::add);
    for (Sizes sizes : batches) {
      json.withArray("batches")
          .addObject()
          .put("items", sizes.examples())
          .put("tokens", sizes.tokens());
    }
    return json;
  }

  /**
   * Reads the metadata of a snapshot; the tensors are loaded later.
   *
   * @throws InvalidSettings if the folder is not a valid snapshot
   */
  public static StepSnapshot read(Path folder) throws IOException {
    FolderEntries.requireFiles(folder, 1);
    Path former = folder.resolve(FORMER_METADATA);
    Path file = Files.exists(former) ? former : folder.resolve(METADATA);
    FileAccess.requireAccess(folder);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          folder
              + " is not a snapshot: "
              + (Files.exists(folder)
                  ? "it does not contain " + METADATA + "."
                  : "the folder does not exist."));
    }
    JsonNode json = AtomicFile.readJson(file);
    List<String> examples = json.path("items").valueStream().map(JsonNode::asText).toList();
    List<Sizes> batches = new ArrayList<>();
    for (JsonNode batch : json.path("batches")) {
      batches.add(
          new Sizes((int) integer(file, batch, "items", 1), integer(file, batch, "tokens", 0)));
    }
    if (batches.isEmpty()) {
      throw damaged(file, "\"batches\" is missing or empty");
    }
    return new StepSnapshot(
        integer(file, json, "step", 1),
        integer(file, json, "seed", Long.MIN_VALUE),
        (int) integer(file, json, "rank", 0),
        json.path("reason").asText(),
        number(file, json, "loss"),
        number(file, json, "gradientNorm"),
        examples,
        batches);
  }

  private static long integer(Path file, JsonNode json, String key, long min) {
    JsonNode value = json.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < min) {
      throw damaged(file, "\"" + key + "\" is missing or is not an integer of at least " + min);
    }
    return value.longValue();
  }

  private static double number(Path file, JsonNode json, String key) {
    try {
      return Double.parseDouble(json.path(key).asText());
    } catch (NumberFormatException e) {
      throw damaged(file, "\"" + key + "\" is missing or is not a number");
    }
  }

  private static InvalidSettings damaged(Path file, String reason) {
    return new InvalidSettings(file + " is damaged: " + reason + ".");
  }

  /**
   * Checks that a snapshot contains the weights of a model, initialized or not.
   *
   * @throws InvalidSettings if they do not match
   */
  public static void checkWeights(Path folder, List<Parameter> parameters) throws IOException {
    ModelWeights.check(parameters, folder.resolve(WEIGHTS));
  }

  /** Loads the parameters before the step into a model. */
  static void loadWeights(Path folder, List<Parameter> parameters) throws IOException {
    ModelWeights.load(parameters, folder.resolve(WEIGHTS));
  }

  /** Loads a micro-batch to a device; the caller must close it. */
  Batch loadBatch(Path folder, int index, Device device) throws IOException {
    Map<String, HostTensor> tensors = new HashMap<>();
    try (SafetensorsReader reader = SafetensorsReader.open(batch(folder, index));
        NDManager manager = Torch.newManager(Device.cpu())) {
      for (String name : reader.tensors().keySet()) {
        tensors.put(name, host(reader.load(name, manager), batch(folder, index)));
      }
    }
    Sizes sizes = batches.get(index);
    return new Batch(new HostBatch(sizes.examples(), sizes.tokens(), tensors), device);
  }

  private static HostTensor host(NDArray array, Path file) {
    long[] shape = array.getShape().getShape();
    return switch (array.getDataType()) {
      case INT64 -> HostTensor.of(array.toLongArray(), shape);
      case FLOAT32 -> HostTensor.of(array.toFloatArray(), shape);
      default ->
          throw damaged(
              file, "it contains " + array.getDataType() + ", but only I64 and F32 are allowed");
    };
  }

  private static Path batch(Path folder, int index) {
    return folder.resolve("batch-" + index + ".safetensors");
  }
}
