package dev.counterpoint.inference;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.inference.config.Binder;
import dev.counterpoint.inference.config.SettingsTree;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.lora.AdapterFolder;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code model/}: a finished model with all that using it takes. {@code config.json} says how it is
 * built, {@code model.safetensors} has its weights, and the files of the data, as {@code
 * tokenizer.json}, lie beside them. Of a model that Hugging Face has too, {@code config.json} is
 * Hugging Face's, with one key more for what only this program asks; and of an adapter the weights
 * are PEFT's files, which need the model that is adapted.
 */
public final class ModelFolder {
  /** The file that says how a model is built. */
  public static final String CONFIG = "config.json";

  private static final String WEIGHTS = "model.safetensors";
  private static final String OWN = "counterpoint";

  private ModelFolder() {}

  /**
   * How a model is built.
   *
   * @param model its settings
   * @param data what it was built for
   * @param classpath where classes of its own are found
   * @param prediction settings to decode predictions with; null if the task needs none
   */
  public record Config(
      ModelConfig model,
      DataSpec data,
      List<String> classpath,
      @Nullable PredictionSettings prediction) {
    Config merged() {
      return new Config(((PretrainedConfig) model).merged(), data, classpath, prediction);
    }
  }

  /**
   * Writes a model; files of an older one are replaced. One whose settings ask for it is merged
   * with its adapter first.
   */
  public static void save(
      Path folder,
      BaseModel model,
      Config config,
      Map<String, DataSplits.ModelFile> files,
      Binder binder)
      throws IOException {
    Files.createDirectories(folder);
    Lora lora = adapter(config);
    if (lora != null && lora.merge()) {
      saveMerged(folder, model, config, files, binder);
      return;
    }
    AtomicFile.writeJson(folder.resolve(CONFIG), content(config, binder));
    if (lora == null) {
      ModelWeights.save(model.parameters(), folder.resolve(WEIGHTS));
      Files.deleteIfExists(folder.resolve(AdapterFolder.WEIGHTS));
      Files.deleteIfExists(folder.resolve(AdapterFolder.CONFIG));
    } else {
      new AdapterFolder(folder).save(model, lora, base((PretrainedConfig) config.model()));
      Files.deleteIfExists(folder.resolve(WEIGHTS));
    }
    for (Map.Entry<String, DataSplits.ModelFile> file : files.entrySet()) {
      AtomicFile.write(folder.resolve(file.getKey()), file.getValue()::writeTo);
    }
  }

  /** Takes the adapter of a model into its weights, and writes it as one that has none. */
  public static void saveMerged(
      Path folder,
      BaseModel model,
      Config config,
      Map<String, DataSplits.ModelFile> files,
      Binder binder)
      throws IOException {
    Lora.merge(model);
    save(folder, model, config.merged(), files, binder);
  }

  /** What the model was trained by; null where all of it was. */
  public static @Nullable Lora adapter(Config config) {
    return config.model() instanceof PretrainedConfig pretrained ? pretrained.lora() : null;
  }

  /** PEFT knows a model on the hub by its bare name. */
  private static AdapterFolder.Base base(PretrainedConfig config) {
    String from = Objects.requireNonNull(config.from());
    boolean onHub = ModelHub.names(from);
    String[] parts =
        onHub ? from.substring(PretrainedFolder.HUB.length()).split("@") : new String[] {from};
    return new AdapterFolder.Base(
        parts[0],
        onHub ? parts[1] : null,
        config.task().names().peft(),
        config.family().transposed());
  }

  /** What {@link #CONFIG} holds. */
  public static String describe(Config config, Binder binder) {
    return content(config, binder).toPrettyString();
  }

  private static ObjectNode content(Config config, Binder binder) {
    ObjectNode own = binder.toTree(config);
    return config.model() instanceof PretrainedConfig pretrained
        ? pretrained.huggingFaceConfig(config.data()).set(OWN, own)
        : own;
  }

  /** The model folder of a run directory, or the folder itself where it is one. */
  public static Path within(Path directory) {
    return Files.isRegularFile(directory.resolve(CONFIG)) ? directory : directory.resolve("model");
  }

  /** How the model in a folder is built. */
  public static Config config(Path folder, Binder binder) throws IOException {
    return binder.bind(tree(folder), Config.class);
  }

  /** The class path that the model's settings need before they can be read. */
  public static List<String> classpath(Path folder) throws IOException {
    return tree(folder).texts("classpath");
  }

  private static SettingsTree tree(Path folder) throws IOException {
    Path file = folder.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("There is no model in " + folder + ": it has no " + CONFIG + ".");
    }
    JsonNode content = AtomicFile.readJson(file);
    if (content.has("model_type") && !content.has(OWN)) {
      throw new InvalidSettings(
          file
              + " is of a model that was not trained here: begin a run from it with"
              + " model.from.");
    }
    JsonNode own = content.has(OWN) ? content.get(OWN) : content;
    return SettingsTree.load(file.toString(), renamed(own).toString(), List.of());
  }

  /** Version 0.1 wrote the settings of answer extraction under a key of their own. */
  private static JsonNode renamed(JsonNode own) {
    if (own instanceof ObjectNode settings
        && settings.remove("answering") instanceof ObjectNode answering) {
      settings.set("prediction", answering.put("type", "answer-extraction"));
    }
    return own;
  }

  /**
   * Loads a model in evaluation mode.
   *
   * @param files finds the base model of an adapter, such as {@link ModelHub#find}
   */
  public static BaseModel load(
      Path folder, Config config, Device device, Function<String, Path> files) throws IOException {
    BaseModel model = config.model().build(config.data());
    model.initialize(device, 0);
    if (isAdapter(folder) && config.model() instanceof PretrainedConfig pretrained) {
      requireBase(folder, pretrained);
      pretrained.loadBase(model, config.data().labels(), files);
    }
    loadWeights(folder, config, model);
    model.setTraining(false);
    return model;
  }

  private static void requireBase(Path folder, PretrainedConfig config) {
    String from = Objects.requireNonNull(config.from());
    if (!ModelHub.names(from) && !Files.isDirectory(Path.of(from))) {
      throw new InvalidSettings(
          "The adapter in "
              + folder
              + " needs the model that it adapts, and there is no folder "
              + from
              + ". Put it back, or merge the two where both exist (counterpoint merge).");
    }
  }

  /**
   * Gives a model what the folder holds of it; of an adapted one the weights that are not trained
   * must be there already, unless the folder has it merged.
   */
  public static void loadWeights(Path folder, Config config, BaseModel model) throws IOException {
    Lora lora = adapter(config);
    if (lora != null && isAdapter(folder)) {
      new AdapterFolder(folder).load(model, lora);
      return;
    }
    Lora.merge(model); // The folder knows no adapter.
    ModelWeights.load(model.parameters(), folder.resolve(WEIGHTS));
  }

  /** Whether the folder has all weights of a model. */
  public static boolean isWhole(Path folder) {
    return Files.isRegularFile(folder.resolve(WEIGHTS));
  }

  /** Whether the folder has an adapter, which needs the model that it adapts. */
  public static boolean isAdapter(Path folder) {
    return AdapterFolder.isIn(folder);
  }
}
