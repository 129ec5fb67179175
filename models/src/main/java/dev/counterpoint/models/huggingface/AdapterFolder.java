package dev.counterpoint.models.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Adapter folder in the format of PEFT's {@code save_pretrained}: {@code adapter_config.json} and
 * {@code adapter_model.safetensors}, with the LoRA weights and fully trained modules, but no other
 * weights of the base model.
 *
 * @param path path of the folder
 */
public record AdapterFolder(Path path) {
  /** The file with the adapter's configuration. */
  public static final String CONFIG = "adapter_config.json";

  /** The file with the adapter's weights. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /**
   * The file with Counterpoint's settings of an adapter that it saved. It is not {@code
   * config.json}, because transformers takes a folder with that file for a complete model.
   */
  public static final String SETTINGS = "counterpoint.json";

  private static final String BASE = "base_model_name_or_path";
  private static final String PREFIX = "base_model.model.";

  /** Pattern of the names of models on the hub. Only the first models have no owner. */
  private static final Pattern HUB_NAME =
      Pattern.compile("\\w[\\w-]*/\\w[\\w.-]*|(distil)?(bert|gpt2)(-[\\w.-]+)?");

  /**
   * The base model of an adapter.
   *
   * @param model folder of the base model, or its name on the hub
   * @param revision revision of the hub name; null for a folder
   * @param task PEFT task type, such as {@code SEQ_CLS}; null if there is none
   * @param transposed whether the adapted weights are stored as (inputs, outputs)
   */
  public record Base(
      String model, @Nullable String revision, @Nullable String task, boolean transposed) {}

  /** Whether a folder contains an adapter and not a full model. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG))
        && !Files.isRegularFile(folder.resolve("model.safetensors"));
  }

  /**
   * Reads the LoRA settings from PEFT's configuration, with this folder as {@code from}.
   *
   * @throws InvalidSettings if a key is unknown or has a value that would change the output and is
   *     not supported
   */
  public Lora lora() throws IOException {
    ConfigReader reader = config();
    if (!reader.config().has("peft_type")) {
      throw reader.unsupported("peft_type", "\"LORA\"");
    }
    reader.restrict(CONFIG); // Other values of init_lora_weights also modify the base weights.
    List<String> targets = reader.texts("target_modules");
    if (targets.isEmpty()) {
      throw reader.unsupported("target_modules", "a list of names");
    }
    List<String> modulesToSave = reader.texts("modules_to_save");
    List<String> names = tensorNames();
    modulesToSave.removeIf(
        module -> names.stream().noneMatch(name -> ("." + name).contains("." + module + ".")));
    int rank = reader.integer("r", 8);
    double alpha = reader.number("lora_alpha", 8);
    double dropout = reader.probability("lora_dropout", 0);
    List<String> unknown = reader.unread();
    if (!unknown.isEmpty()) {
      throw new InvalidSettings(
          "%s: unknown keys: %s.", reader.name(), StateDictLoader.list(unknown));
    }
    String folder = path.toAbsolutePath().normalize().toString();
    List<String> sorted = targets.stream().sorted().toList();
    return reader.named(() -> new Lora(folder, rank, alpha, sorted, dropout, modulesToSave, false));
  }

  /**
   * The base model, as a value for {@code model.from}: a folder relative to this folder, beside it,
   * or relative to the working directory; otherwise a model on the hub if the name has its form.
   */
  public String baseModel() throws IOException {
    ConfigReader reader = config();
    String base = reader.value(BASE).asText("");
    if (base.isEmpty() || base.equals("null")) {
      throw new InvalidSettings(
          "%s: %s is missing; set model.from to the base model and model.lora.from to this folder.",
          reader.name(), BASE);
    }
    Path here = path.toAbsolutePath().normalize();
    for (Path folder : List.of(here, here.resolveSibling(""), Path.of(""))) {
      if (Files.isDirectory(folder.resolve(base))) {
        return folder.resolve(base).toAbsolutePath().normalize().toString();
      }
    }
    if (!HUB_NAME.matcher(base).matches()) {
      throw reader.invalid(
          BASE,
          "an existing folder or the name of a model on the hub, OWNER/NAME; otherwise set model.from to the base model and model.lora.from to %s"
              .formatted(here));
    }
    String revision = reader.value("revision").textValue();
    return PretrainedFolder.HUB + base + (revision == null ? "" : "@" + revision);
  }

  /** Whether the file names a base model. */
  public boolean names(Base base) throws IOException {
    JsonNode config = config().config();
    return config.path(BASE).asText("").equals(base.model())
        && Objects.equals(config.path("revision").textValue(), base.revision());
  }

  private ConfigReader config() throws IOException {
    Path file = path.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("%s has no %s, so it is not an adapter folder.", path, CONFIG);
    }
    return ConfigReader.of(PretrainedFolder.json(file), file.toString());
  }

  private List<String> tensorNames() throws IOException {
    try (SafetensorsReader reader = open()) {
      return List.copyOf(reader.tensors().keySet());
    }
  }

  private SafetensorsReader open() throws IOException {
    Path file = path.resolve(WEIGHTS);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          "%s has no %s%s",
          path, WEIGHTS, PretrainedFolder.pickle(path.resolve("adapter_model.bin")));
    }
    return PretrainedFolder.weights(file);
  }

  /**
   * Loads the adapter's weights into an adapted model.
   *
   * @throws InvalidSettings if names or shapes do not match, listing all problems; nothing has been
   *     changed in that case; or if a value is not finite
   */
  public void load(BaseModel model, Lora lora) throws IOException {
    FolderChecksums checksums = FolderChecksums.verify(path);
    Map<String, NDArray> arrays = arrays(model, lora);
    try (SafetensorsReader reader = open()) {
      reader.readAll(arrays);
    }
    Path file = path.resolve(WEIGHTS);
    arrays.forEach((name, value) -> StateDictLoader.requireFinite(file, name, value));
    checksums.await();
  }

  /**
   * Checks that the adapter contains the weights of an adapted model, initialized or not.
   *
   * @throws InvalidSettings as {@link #load}
   */
  public void check(BaseModel model, Lora lora) throws IOException {
    Map<String, Shape> shapes = new TreeMap<>();
    adapted(model, lora).forEach(it -> shapes.put(PREFIX + it.name(), it.shape()));
    try (SafetensorsReader reader = open()) {
      reader.requireShapes(shapes);
    }
  }

  /** Writes the LoRA weights and fully trained modules of a model; existing files are replaced. */
  public void save(BaseModel model, Lora lora, Base base) throws IOException {
    Files.createDirectories(path);
    Files.writeString(path.resolve(CONFIG), configContent(lora, base).toPrettyString() + "\n");
    SafetensorsWriter.write(path.resolve(WEIGHTS), arrays(model, lora));
  }

  private static Map<String, NDArray> arrays(BaseModel model, Lora lora) {
    Map<String, NDArray> arrays = new TreeMap<>();
    adapted(model, lora).forEach(it -> arrays.put(PREFIX + it.name(), it.value()));
    return arrays;
  }

  private static Stream<Parameter> adapted(BaseModel model, Lora lora) {
    return model.parameters().stream()
        .filter(parameter -> Lora.isUpdate(parameter) || lora.isModuleToSave(parameter));
  }

  private static ObjectNode configContent(Lora lora, Base base) {
    ObjectNode config = ConfigReader.TABLE.get("adapter").deepCopy();
    config.put("base_model_name_or_path", base.model());
    config.put("fan_in_fan_out", base.transposed());
    if (lora.alphaOrDefault() == Math.rint(lora.alphaOrDefault())) {
      config.put("lora_alpha", (long) lora.alphaOrDefault());
    } else {
      config.put("lora_alpha", lora.alphaOrDefault());
    }
    config.put("lora_dropout", lora.dropoutOrDefault());
    config.set("modules_to_save", names(lora.modulesToSaveOrEmpty()));
    config.put("r", lora.rankOrDefault());
    config.put("revision", base.revision());
    config.set("target_modules", names(lora.targetsOrEmpty()));
    config.put("task_type", base.task());
    return config;
  }

  /** A JSON list of names; null if empty, as PEFT writes it. */
  private static JsonNode names(List<String> names) {
    return names.isEmpty() ? NullNode.getInstance() : Json.MAPPER.valueToTree(names);
  }
}
