package dev.counterpoint.models.lora;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.SafetensorsWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.DamagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder as PEFT's {@code save_pretrained} writes it: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}, with the updates, what is trained whole, and nothing of the model
 * that they belong to.
 *
 * @param path of the folder
 */
public record AdapterFolder(Path path) {
  /** The file that says what an adapter is. */
  public static final String CONFIG = "adapter_config.json";

  /** The file with its arrays. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  private static final String INIT = "init_lora_weights";
  private static final String PREFIX = "base_model.model.";
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * What an adapter belongs to.
   *
   * @param model folder of the model that is adapted, or its name on the hub
   * @param revision of that name; null where it is a folder
   * @param task PEFT's name of the task, as {@code SEQ_CLS}; null where it has none
   * @param transposed whether the adapted weights are kept as (inputs, outputs)
   */
  public record Base(
      String model, @Nullable String revision, @Nullable String task, boolean transposed) {}

  /** Whether a folder has an adapter, and no whole model. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG))
        && !Files.isRegularFile(folder.resolve("model.safetensors"));
  }

  /** What PEFT's configuration says, with the folder itself as {@code from}. */
  public Lora lora() throws IOException {
    JsonNode config = config();
    require(config, "peft_type", "LORA");
    require(config, "bias", "none");
    for (String key : List.of("use_dora", "use_rslora", "lora_bias")) {
      require(config, key, "false");
    }
    for (String key :
        List.of("rank_pattern", "alpha_pattern", "layers_to_transform", "layer_replication")) {
      if (!config.path(key).isEmpty() || config.path(key).isNumber()) {
        throw wrong(key, config, "empty");
      }
    }
    // Others, as pissa or loftq, have changed the weights that they adapt.
    if (!List.of("true", "false", "gaussian").contains(config.path(INIT).asText("true"))) {
      throw wrong(INIT, config, "true, false or gaussian");
    }
    if (!config.path("target_modules").isArray()) {
      throw wrong("target_modules", config, "a list of names");
    }
    List<String> whole = texts(config.path("modules_to_save"));
    List<String> names = tensorNames();
    whole.removeIf(
        module -> names.stream().noneMatch(name -> ("." + name).contains("." + module + ".")));
    return new Lora(
        path.toAbsolutePath().normalize().toString(),
        config.path("r").asInt(8),
        config.path("lora_alpha").asDouble(8),
        texts(config.path("target_modules")).stream().sorted().toList(),
        config.path("lora_dropout").asDouble(0),
        whole,
        false);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(entry -> texts.add(entry.asText()));
    return texts;
  }

  private void require(JsonNode config, String key, String only) {
    if (!config.path(key).asText(only).equals(only)) {
      throw wrong(key, config, only);
    }
  }

  private InvalidSettings wrong(String key, JsonNode config, String rule) {
    return new InvalidSettings(
        path.resolve(CONFIG)
            + ": "
            + key
            + " is "
            + (config.has(key) ? config.path(key) : "absent")
            + ", and must be "
            + rule
            + ": nothing else is computed here.");
  }

  /** The revision of the model that is adapted, where that is a name on the hub; null for any. */
  public @Nullable String revision() throws IOException {
    return config().path("revision").textValue();
  }

  /** The folder of the model that is adapted, or its name on the hub. */
  public String base() throws IOException {
    String base = config().path("base_model_name_or_path").asText("");
    if (base.isEmpty() || base.equals("null")) {
      throw new InvalidSettings(
          path.resolve(CONFIG)
              + " does not say which model it adapts (base_model_name_or_path); name that with"
              + " model.from and this folder with model.lora.from.");
    }
    return base;
  }

  private JsonNode config() throws IOException {
    Path file = path.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(path + " has no " + CONFIG + ", so it is no folder of an adapter.");
    }
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new InvalidSettings(file + " is not JSON: " + e.getOriginalMessage());
    }
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
          path
              + " has no "
              + WEIGHTS
              + (Files.exists(path.resolve("adapter_model.bin"))
                  ? "; adapter_model.bin is a pickle, which is not read here: save it with"
                      + " save_pretrained(..., safe_serialization=True)."
                  : "."));
    }
    try {
      return SafetensorsReader.open(file);
    } catch (DamagedFile e) {
      throw new InvalidSettings(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Gives an adapted model what the folder has for it.
   *
   * @throws InvalidSettings where names or shapes do not fit, naming all that do not; nothing has
   *     changed then
   */
  public void load(BaseModel model, Lora lora) throws IOException {
    try (SafetensorsReader reader = open()) {
      reader.readAll(arrays(model, lora));
    }
  }

  /**
   * Writes the updates of a model and what else was trained; files of an older one are replaced.
   */
  public void save(BaseModel model, Lora lora, Base base) throws IOException {
    Files.createDirectories(path);
    Files.writeString(path.resolve(CONFIG), content(lora, base).toPrettyString() + "\n");
    SafetensorsWriter.write(path.resolve(WEIGHTS), arrays(model, lora));
  }

  private static Map<String, NDArray> arrays(BaseModel model, Lora lora) {
    Map<String, NDArray> arrays = new TreeMap<>();
    model.parameters().stream()
        .filter(parameter -> Lora.isUpdate(parameter) || lora.isTrained(parameter))
        .forEach(parameter -> arrays.put(PREFIX + parameter.name(), parameter.value()));
    return arrays;
  }

  private static ObjectNode content(Lora lora, Base base) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putObject("alpha_pattern");
    config.putNull("auto_mapping");
    config.put("base_model_name_or_path", base.model());
    config.put("bias", "none");
    config.put("fan_in_fan_out", base.transposed());
    config.put("inference_mode", true);
    config.put(INIT, true);
    config.putNull("layer_replication");
    config.putNull("layers_pattern");
    config.putNull("layers_to_transform");
    config.putObject("loftq_config");
    if (lora.alphas() == Math.rint(lora.alphas())) {
      config.put("lora_alpha", (long) lora.alphas());
    } else {
      config.put("lora_alpha", lora.alphas());
    }
    config.put("lora_dropout", lora.dropouts());
    config.putNull("megatron_config");
    config.put("megatron_core", "megatron.core");
    config.set("modules_to_save", names(lora.trainedNames()));
    config.put("peft_type", "LORA");
    config.put("r", lora.ranks());
    config.putObject("rank_pattern");
    config.put("revision", base.revision());
    config.set("target_modules", names(lora.targetNames()));
    config.put("task_type", base.task());
    config.put("use_dora", false);
    config.put("use_rslora", false);
    return config;
  }

  /** PEFT writes null, not an empty list. */
  private static JsonNode names(List<String> names) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    names.forEach(list::add);
    return names.isEmpty() ? JsonNodeFactory.instance.nullNode() : list;
  }
}
