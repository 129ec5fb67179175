package dev.counterpoint.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.safetensors.TensorValues;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A complete checkpoint: a folder with {@code model.safetensors}, {@code optimizer.safetensors},
 * {@code state.json} and {@code SHA256SUMS}. {@code sha256sum -c SHA256SUMS} verifies it too.
 *
 * @param step the number of optimizer steps that were completed when the checkpoint was saved
 */
public record Checkpoint(Path directory, long step, ObjectNode state) {
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "state.json";
  private static final String STEP = "step";
  private static final Set<String> FILES = Set.of(MODEL, OPTIMIZER, STATE);

  /** Creates a checkpoint to be written to the given directory. */
  public Checkpoint {
    state = state.deepCopy().put(STEP, step);
  }

  /**
   * Opens a checkpoint folder and verifies its checksums. All files are read once.
   *
   * @throws DamagedFile if a file is missing or differs from its checksum; the message names it
   * @throws IOException if the folder cannot be read; the message names the folder and the reason
   */
  public static Checkpoint open(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException("Cannot read " + directory + ": no such directory.");
    }
    try {
      Checksums.verify(directory, FILES);
      ObjectNode state = state(directory.resolve(STATE));
      return new Checkpoint(directory, step(directory.resolve(STATE), state), state);
    } catch (DamagedFile e) {
      throw e;
    } catch (IOException e) {
      throw IoFailure.ofRead(directory, e);
    }
  }

  private static ObjectNode state(Path file) throws IOException {
    try {
      if (Json.MAPPER.readTree(Checksums.bytes(file)) instanceof ObjectNode state) {
        return state;
      }
    } catch (JsonProcessingException e) {
      throw new DamagedFile(file, "it is not valid JSON: " + Json.problem(e));
    }
    throw new DamagedFile(file, "it is not a JSON object");
  }

  private static long step(Path file, ObjectNode state) throws DamagedFile {
    JsonNode step = state.path(STEP);
    if (!step.isIntegralNumber() || !step.canConvertToLong() || step.longValue() < 0) {
      throw new DamagedFile(file, "\"" + STEP + "\" is missing or is not a number of steps");
    }
    return step.longValue();
  }

  /**
   * Writes all files of the checkpoint into a new folder.
   *
   * @param previous the link of the previous checkpoint
   * @return the link of this one
   */
  CheckpointLink write(
      Disk disk,
      Path folder,
      Map<String, TensorValues> model,
      Map<String, TensorValues> optimizer,
      String previous)
      throws IOException {
    Checksums sums = new Checksums();
    disk.createDirectory(folder);
    sums.write(disk, folder.resolve(MODEL), channel -> SafetensorsWriter.write(channel, model));
    sums.write(
        disk, folder.resolve(OPTIMIZER), channel -> SafetensorsWriter.write(channel, optimizer));
    CheckpointLink link =
        new CheckpointLink(
            step, sums.of(MODEL), sums.of(OPTIMIZER), CheckpointLink.hashOf(state), previous);
    state.set(CheckpointLink.KEY, link.json());
    sums.write(disk, folder.resolve(STATE), text(state.toPrettyString() + "\n"));
    disk.write(folder.resolve(Checksums.FILE), text(sums.text()));
    disk.force(folder);
    return link;
  }

  private static Disk.Content text(String text) {
    return channel ->
        Channels.newOutputStream(channel).write(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A copy of the JSON state that was saved with the arrays, including {@code step}. JSON has no
   * NaN or infinity: such a number is stored as text, which {@link JsonNode#asDouble()} parses.
   */
  @Override
  public ObjectNode state() {
    return state.deepCopy();
  }

  /** The link in {@code state.json}; empty in a checkpoint of a version without links. */
  public Optional<CheckpointLink> link() {
    return Optional.of(state.path(CheckpointLink.KEY))
        .filter(JsonNode::isObject)
        .map(CheckpointLink::of);
  }

  /** The link, computed from the files of this checkpoint. */
  public CheckpointLink actualLink() throws IOException {
    return new CheckpointLink(
        step,
        Sha256.of(directory.resolve(MODEL)),
        Sha256.of(directory.resolve(OPTIMIZER)),
        CheckpointLink.hashOf(state),
        link().map(CheckpointLink::previous).orElse(CheckpointLink.NONE));
  }

  /**
   * Loads the model's parameters and the optimizer's arrays in place, matched by name.
   *
   * @throws InvalidSettings if a name, shape or type does not match; the message lists every
   *     mismatch and nothing is changed
   */
  public void load(List<Parameter> model, Map<String, NDArray> optimizer) throws IOException {
    Map<String, NDArray> parameters = ModelWeights.byName(model);
    try (SafetensorsReader weights = SafetensorsReader.open(directory.resolve(MODEL));
        SafetensorsReader slots = SafetensorsReader.open(directory.resolve(OPTIMIZER))) {
      List<InvalidSettings.Problem> problems = new ArrayList<>(weights.mismatches(parameters));
      problems.addAll(slots.mismatches(optimizer));
      InvalidSettings.requireNone(problems);
      weights.readAll(parameters);
      slots.readAll(optimizer);
    }
  }

  /**
   * The shapes of the optimizer's arrays by name.
   *
   * @throws IOException if {@code optimizer.safetensors} cannot be read
   */
  public SortedMap<String, Shape> shapes() throws IOException {
    SortedMap<String, Shape> shapes = new TreeMap<>();
    try (SafetensorsReader arrays = SafetensorsReader.open(directory.resolve(OPTIMIZER))) {
      arrays.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    }
    return shapes;
  }

  /** Loads only the model's parameters, as {@link ModelWeights#load} does. */
  public void loadModel(List<Parameter> model) throws IOException {
    ModelWeights.load(model, directory.resolve(MODEL));
  }
}
