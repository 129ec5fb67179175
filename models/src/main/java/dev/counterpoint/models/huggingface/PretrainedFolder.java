package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Pretrained model folder in the format of Hugging Face's {@code save_pretrained}: {@code
 * config.json}, and {@code model.safetensors} or its shards with {@code
 * model.safetensors.index.json}.
 *
 * @param path absolute path
 */
public record PretrainedFolder(Path path) {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final List<String> FAMILIES = List.of("bert", "gpt2");
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Prefix of hub names, as in {@code hf:NAME@REVISION}. */
  public static final String HUB = "hf:";

  /** File that a download from the hub adds to the folder, with {@code name} and {@code commit}. */
  public static final String ORIGIN = "origin.json";

  /**
   * Opens the folder at a path.
   *
   * @throws InvalidSettings if the folder does not exist
   */
  public static PretrainedFolder of(Path path) {
    FileAccess.requireAccess(path);
    if (!Files.isDirectory(path)) {
      throw new InvalidSettings(
          "Pretrained folder %s does not exist; it must contain config.json and model.safetensors.",
          path);
    }
    return new PretrainedFolder(path.toAbsolutePath().normalize());
  }

  /**
   * The name under which the folder can be found again: its hub name with the commit, or its path.
   */
  public String name() throws IOException {
    Path file = path.resolve(ORIGIN);
    if (!Files.isRegularFile(file)) {
      return path.toString();
    }
    JsonNode origin = json(file);
    return HUB + origin.path("name").asText() + "@" + origin.path("commit").asText();
  }

  /** Whether the weights contain a layer with the given model name. */
  boolean has(String layer, StateDictNames names) throws IOException {
    return find(names, name -> name.startsWith(layer + "."), (reader, tensor) -> true) != null;
  }

  /** A function of a stored tensor. */
  private interface Use<T> {
    T apply(SafetensorsReader reader, StoredTensor tensor) throws IOException;
  }

  /** Uses the first tensor with a name; null if the weights do not contain it. */
  private <T> @Nullable T find(StateDictNames names, Predicate<String> name, Use<T> use)
      throws IOException {
    for (Path file : weightFiles()) {
      try (SafetensorsReader reader = weights(file)) {
        for (StoredTensor tensor : reader.tensors().values()) {
          if (names.candidates(tensor.name()).stream().anyMatch(name)) {
            return use.apply(reader, tensor);
          }
        }
      }
    }
    return null;
  }

  /**
   * Reads {@code config.json}.
   *
   * @param type required {@code model_type}, such as {@code bert}
   * @throws InvalidSettings if the file does not exist or has another model type
   */
  ConfigReader config(String type) throws IOException {
    Path file = path.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          "%s has no config.json, so it is not a Hugging Face model folder.", path);
    }
    ConfigReader config = ConfigReader.of(json(file), file.toString());
    String actual = config.value("model_type").asText("");
    if (!actual.equals(type)) {
      throw config.invalid(
          "model_type",
          FAMILIES.contains(actual)
              ? "\"%s\"; set model.type to %s for this folder".formatted(type, actual)
              : "one of "
                  + String.join(", ", FAMILIES)
                  + "; other architectures are not supported");
    }
    return config;
  }

  /**
   * Whether the weights contain a tied tensor of the head beside the tensor whose values it should
   * share, and the values differ. Transformers does not tie them then.
   */
  boolean contradictsTying(ModelFamily.TaskNames task, StateDictNames names) throws IOException {
    for (Map.Entry<String, String> tied : task.tied().entrySet()) {
      if (tied.getKey().endsWith(".weight")) {
        byte[] head = digest(tied.getKey(), names);
        byte[] source = head == null ? null : digest(tied.getValue(), names);
        if (source != null && !Arrays.equals(head, source)) {
          return true;
        }
      }
    }
    return false;
  }

  /** SHA-256 of a tensor's values; null if the weights do not contain it. */
  private byte @Nullable [] digest(String parameter, StateDictNames names) throws IOException {
    return find(
        names,
        parameter::equals,
        (reader, tensor) -> {
          MessageDigest digest = Sha256.begin();
          reader.send(tensor, digest::update);
          return digest.digest();
        });
  }

  /** Reads a JSON file. */
  public static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(Utf8File.read(file));
    } catch (JacksonException e) {
      throw new InvalidSettings("%s is not valid JSON: %s", file, Json.problem(e));
    }
  }

  /**
   * Loads the folder's weights into parameters; float16 and bfloat16 are converted to float32.
   *
   * @param config settings of the model: the family's tensor names, and the layers of the task's
   *     head, which are initialized newly even if the folder has them if a new head is requested
   * @param labels the data's labels, to whose order the rows of the head are changed; empty if it
   *     has none
   * @return notes for the user: missing and newly initialized weights, unused weights, and a
   *     changed order of the head's rows
   * @throws InvalidSettings if names, shapes or types do not match, listing all problems, or if a
   *     file is damaged; no parameter has been changed in that case
   */
  List<String> load(List<Parameter> parameters, PretrainedConfig config, List<String> labels)
      throws IOException {
    FolderChecksums checksums = FolderChecksums.verify(path);
    try (StateDictLoader loader = open(parameters, config)) {
      List<String> notes = new ArrayList<>(loader.load());
      checksums.await();
      notes.addAll(LabelRemapping.apply(path, loader.loadedHead(), labels));
      ConfigReader reader = config(config.family().type());
      List<String> unknown = config.family().unknownKeys(reader, config.task());
      if (!unknown.isEmpty()) {
        notes.add(reader.name() + ": unknown keys were ignored: " + StateDictLoader.list(unknown));
      }
      return notes;
    }
  }

  /**
   * Checks that the folder's weights match parameters, which need not be initialized.
   *
   * @throws InvalidSettings if names, shapes or types do not match, listing all problems
   */
  void check(List<Parameter> parameters, PretrainedConfig config) throws IOException {
    try (StateDictLoader loader = open(parameters, config)) {
      loader.check();
    }
  }

  private StateDictLoader open(List<Parameter> parameters, PretrainedConfig config)
      throws IOException {
    StateDictLoader loader = new StateDictLoader(this, parameters, config);
    try {
      for (Path file : weightFiles()) {
        loader.add(file);
      }
      return loader;
    } catch (InvalidSettings e) {
      loader.close();
      throw e;
    }
  }

  /** Opens a file of weights; a damaged one is an invalid setting. */
  static SafetensorsReader weights(Path file) throws IOException {
    try {
      return SafetensorsReader.open(file);
    } catch (DamagedFile e) {
      throw new InvalidSettings(String.valueOf(e.getMessage()));
    }
  }

  /** The end of a message about missing weights: names the pickle, if the folder has it instead. */
  static String pickle(Path file) {
    return Files.exists(file)
        ? "; %s is a pickle, which is not supported: save it with save_pretrained(..., safe_serialization=True)."
            .formatted(file.getFileName())
        : ".";
  }

  private Set<Path> weightFiles() throws IOException {
    if (Files.isRegularFile(path.resolve(WEIGHTS))) {
      return Set.of(path.resolve(WEIGHTS));
    }
    if (!Files.isRegularFile(path.resolve(INDEX))) {
      throw new InvalidSettings(
          "%s has neither %s nor %s%s",
          path, WEIGHTS, INDEX, pickle(path.resolve("pytorch_model.bin")));
    }
    Set<Path> shards = new LinkedHashSet<>();
    for (JsonNode shard : json(path.resolve(INDEX)).path("weight_map")) {
      shards.add(shard(shard.asText()));
    }
    return shards;
  }

  private Path shard(String name) {
    Path shard = path.resolve(name).normalize();
    if (!shard.startsWith(path) || !Files.isRegularFile(shard)) {
      throw new InvalidSettings(
          "%s refers to the shard \"%s\", which is not in the folder.", path.resolve(INDEX), name);
    }
    return shard;
  }
}
