package dev.counterpoint.inference;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.huggingface.AdapterFolder;
import dev.counterpoint.models.huggingface.ModelFamily;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import dev.counterpoint.models.lora.Lora;
import dev.counterpoint.tasks.textclassification.TextInput;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes a {@code model/} folder: a self-contained trained model.
 *
 * <p>{@code config.json} describes how the model is built, {@code model.safetensors} contains its
 * weights, and the other files belong to the data, such as {@code tokenizer.json}. For a model
 * family that exists in Hugging Face Transformers, {@code config.json} is Hugging Face's file with
 * one additional key for Counterpoint's settings. For a LoRA adapter, the weights are stored in
 * PEFT's files instead, the config in {@code counterpoint.json}, and the base model is needed to
 * load it.
 */
public final class ModelFolder {
  /** The file that describes how a model is built. */
  public static final String CONFIG = "config.json";

  /** The golden examples, which are written after the folder is complete. */
  public static final String GOLDEN = "golden.json";

  static final String WEIGHTS = "model.safetensors";
  private static final String COUNTERPOINT = "counterpoint";

  private static final int CURRENT_FORMAT = 1;

  /** The key with a hash of the weights of an adapter's base model. */
  private static final String BASE_HASH = "baseHash";

  private ModelFolder() {}

  /**
   * The settings from which a model is built.
   *
   * @param model the model's settings
   * @param data the specification of the data that the model was built for
   * @param classpath the jars, folders and source files with user-defined classes of the model
   * @param prediction settings for decoding predictions; null if the task needs none
   * @param output how the outputs become predictions; null if the loss of the model does not
   *     declare it, and in folders of earlier versions
   */
  public record Config(
      ModelConfig model,
      DataSpec data,
      List<String> classpath,
      @Nullable PredictionSettings prediction,
      @Nullable OutputActivation output) {
    /** The settings of a trained model. Its loss determines the output activation. */
    public static Config of(
        ModelConfig config, DataSplits data, List<String> classpath, BaseModel model) {
      ModelConfig own = config instanceof TrainedConfig trained ? trained.own() : config;
      return new Config(
          own, data.spec(), classpath, data.prediction(), model.outputActivation().orElse(null));
    }

    Config merged() {
      return RecordCopy.with(this, "model", RecordCopy.with((Record) model, "lora", null));
    }
  }

  /** Where the model finds its texts in a table. */
  static TextInput textInput(Config config) {
    return config.prediction() instanceof TextInput input ? input : TextInput.defaults();
  }

  /** The signature with the decision of the loss; for tables, the data has written the rest. */
  private static ModelSignature signature(Path folder, Config config) throws IOException {
    DataSpec data = config.data();
    String version = ModelFolder.class.getPackage().getImplementationVersion();
    Engine engine = Engine.getInstance();
    return ModelSignature.read(folder)
        .filter(it -> data.table() != null)
        .orElseGet(() -> ModelSignature.of(data, textInput(config).text2() != null))
        .deciding(
            data,
            config.output() == null ? null : config.output().name().toLowerCase(Locale.ROOT),
            Map.of(
                "counterpoint",
                version == null ? "development" : version,
                engine.getEngineName(),
                engine.getVersion()));
  }

  /**
   * Saves a model, replacing the files of an existing one. If the settings request it ({@code
   * lora.merge}), the adapter is merged into the weights first.
   *
   * @param files the files of the data, such as the tokenizer, by file name
   * @throws IOException if a file cannot be written
   */
  public static void save(
      Path folder,
      BaseModel model,
      Config config,
      Map<String, DataSplits.ModelFile> files,
      Binder binder)
      throws IOException {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(files, "files");
    Objects.requireNonNull(binder, "binder");
    Lora lora = adapter(config);
    Files.createDirectories(Objects.requireNonNull(folder, "folder"));
    if (lora != null && lora.merge()) {
      saveMerged(folder, model, config, files, binder);
      return;
    }
    FolderChecksums.delete(folder);
    Files.deleteIfExists(folder.resolve(GOLDEN)); // of an earlier model
    ObjectNode content = content(config, binder);
    settings(content).put(FolderChecksums.FORMAT, CURRENT_FORMAT);
    if (lora != null) {
      settings(content).put(BASE_HASH, baseHash(model, lora));
    }
    AtomicFile.writeJson(folder.resolve(lora == null ? CONFIG : AdapterFolder.SETTINGS), content);
    Files.deleteIfExists(folder.resolve(lora == null ? AdapterFolder.SETTINGS : CONFIG));
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
    Path tokenizer = folder.resolve(Tokenizer.CONFIG);
    if (config.model() instanceof BertConfig && Files.exists(tokenizer)) {
      ObjectNode names = AtomicFile.readJson(tokenizer);
      List<String> inputs = List.of("input_ids", "token_type_ids", "attention_mask");
      inputs.forEach(names.putArray("model_input_names")::add);
      AtomicFile.writeJson(tokenizer, names);
    }
    AtomicFile.write(folder.resolve(ModelSignature.FILE), signature(folder, config)::write);
    FolderChecksums.write(folder);
  }

  /** Merges a model's LoRA adapter into its weights and saves it as a model without adapter. */
  public static void saveMerged(
      Path folder,
      BaseModel model,
      Config config,
      Map<String, DataSplits.ModelFile> files,
      Binder binder)
      throws IOException {
    Objects.requireNonNull(folder, "folder");
    Config merged = config.merged();
    Lora.merge(model);
    save(folder, model, merged, files, binder);
  }

  /** The LoRA settings of the model; null if the model was trained without an adapter. */
  public static @Nullable Lora adapter(Config config) {
    return config.model() instanceof PretrainedConfig pretrained ? pretrained.lora() : null;
  }

  /** The base model as PEFT names it: a model on the hub has no {@code hf:} prefix. */
  private static AdapterFolder.Base base(PretrainedConfig config) {
    String from = Objects.requireNonNull(config.from());
    boolean onHub = ModelHub.names(from);
    String[] parts =
        onHub ? from.substring(PretrainedFolder.HUB.length()).split("@") : new String[] {from};
    return new AdapterFolder.Base(
        parts[0],
        parts.length > 1 ? parts[1] : null,
        config.task().names().peft(),
        config.family().transposed());
  }

  /** The content of {@link #CONFIG} as formatted JSON. */
  public static String describe(Config config, Binder binder) {
    return content(config, binder).toPrettyString();
  }

  private static ObjectNode content(Config config, Binder binder) {
    ObjectNode settings = binder.toTree(Objects.requireNonNull(config, "config"));
    if (!(config.model() instanceof PretrainedConfig pretrained)) {
      return settings;
    }
    ObjectNode content = pretrained.huggingFaceConfig(config.data());
    ModelFamily.writeProblem(config.output(), content);
    return content.set(COUNTERPOINT, settings);
  }

  /** The {@code model/} folder of a run directory, or the directory itself if it is one. */
  public static Path within(Path directory) {
    FileAccess.requireAccess(Objects.requireNonNull(directory, "directory"));
    return Files.isRegularFile(configFile(directory)) ? directory : directory.resolve("model");
  }

  /** The file with the settings; transformers opens an adapter only without {@link #CONFIG}. */
  private static Path configFile(Path folder) {
    Path adapter = folder.resolve(AdapterFolder.SETTINGS);
    return Files.isRegularFile(adapter) ? adapter : folder.resolve(CONFIG);
  }

  /**
   * Reads the settings of a model.
   *
   * @throws InvalidSettings if the folder does not contain a model, its settings are invalid, or it
   *     was changed after it was saved
   */
  public static Config config(Path folder, Binder binder) throws IOException {
    Config config = binder.bindLiterals(tree(folder), Config.class);
    JsonNode content = AtomicFile.readJson(configFile(folder));
    if (config.model() instanceof PretrainedConfig pretrained && content.has("model_type")) {
      pretrained.verify(content, configFile(folder).toString(), content(config, binder));
    }
    return isAdapter(folder) ? withBaseOfAdapter(config, new AdapterFolder(folder)) : config;
  }

  /** The base model that {@code adapter_config.json} names, if it was edited after training. */
  private static Config withBaseOfAdapter(Config config, AdapterFolder folder) throws IOException {
    if (!(config.model() instanceof PretrainedConfig pretrained)
        || folder.names(base(pretrained))) {
      return config;
    }
    Record model = RecordCopy.with((Record) config.model(), "from", folder.baseModel());
    return RecordCopy.with(config, "model", model);
  }

  /** The class path of a model's user-defined classes, needed before its settings can be bound. */
  public static List<String> classpath(Path folder) throws IOException {
    return tree(folder).strings("classpath");
  }

  private static SettingsTree tree(Path folder) throws IOException {
    Path file = configFile(Objects.requireNonNull(folder, "folder"));
    if (!Files.isRegularFile(file)) {
      Path parent = folder.toAbsolutePath().resolveSibling("").normalize();
      if (Files.isRegularFile(parent)) {
        throw new InvalidSettings(
            "%s is a file; a run directory or a model folder is needed.", parent);
      }
      throw new InvalidSettings(
          Files.isDirectory(folder)
              ? folder + " does not contain a model: " + CONFIG + " is missing."
              : (Files.isDirectory(parent)
                  ? folder + " does not exist: there is no model, or its run has not saved one yet."
                  : parent + " does not exist."));
    }
    FolderChecksums.verifySmall(folder);
    JsonNode content = AtomicFile.readJson(file);
    if (content.has("model_type") && !content.has(COUNTERPOINT)) {
      throw new InvalidSettings(
          "%s belongs to a pretrained model that was not saved by Counterpoint. To fine-tune it, set model.from in a run file.",
          file);
    }
    ObjectNode settings = settings(content);
    checkFormat(folder, settings.path(FolderChecksums.FORMAT));
    settings.remove(List.of(FolderChecksums.FORMAT, BASE_HASH));
    return SettingsTree.ofJson(file.toString(), withCurrentKeys(settings));
  }

  /** The settings of Counterpoint in the content of {@link #CONFIG}. */
  private static ObjectNode settings(JsonNode content) {
    if ((content.has(COUNTERPOINT) ? content.get(COUNTERPOINT) : content)
        instanceof ObjectNode settings) {
      return settings;
    }
    throw new InvalidSettings(
        "The settings of the model are not a JSON object (\"counterpoint\").");
  }

  private static void checkFormat(Path folder, JsonNode format) {
    if (!format.isMissingNode() && format.asInt() != CURRENT_FORMAT) {
      throw new InvalidSettings(
          "The model in %s has the format %s; this version of Counterpoint reads format %s.",
          folder, format, CURRENT_FORMAT);
    }
  }

  /** Converts the key {@code answering} of version 0.1 to {@code prediction}. */
  private static ObjectNode withCurrentKeys(ObjectNode settings) {
    if (settings.remove("answering") instanceof ObjectNode answering) {
      settings.set("prediction", answering.put("type", "answer-extraction"));
    }
    return settings;
  }

  /**
   * Opens a trained model in evaluation mode with frozen parameters, such as the teacher of a
   * distillation. Its own classes must be on the class path of the program.
   *
   * @param directory a run directory or a model folder
   * @throws InvalidSettings as {@link Pipeline#open}
   */
  public static BaseModel open(Path directory, Device device) throws IOException {
    Path folder = within(directory);
    Config config = config(folder, new Binder(ModelCatalogs.all(), SourcePath.none()));
    BaseModel model = load(folder, config, device, name -> ModelHub.find(name, line -> {}));
    model.freeze("*");
    // A scope of this thread, as in a forward pass, must not close the parameters.
    model.parameters().forEach(it -> NDScope.unregister(it.value()));
    return model;
  }

  /**
   * Loads a model and sets it to evaluation mode.
   *
   * @param files returns the folder of an adapter's base model, such as {@link ModelHub#find}
   * @throws InvalidSettings if the weights do not match the settings, or the base model of an
   *     adapter does not exist
   */
  public static BaseModel load(
      Path folder, Config config, Device device, Function<String, Path> files) throws IOException {
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(files, "files");
    FolderChecksums checksums = FolderChecksums.verify(Objects.requireNonNull(folder, "folder"));
    BaseModel model = config.model().build(config.data());
    checkWeights(folder, config, model, files);
    model.initialize(device, 0);
    if (isAdapter(folder) && config.model() instanceof PretrainedConfig pretrained) {
      pretrained.loadBase(model, config.data().labels(), files);
      requireSameBase(folder, pretrained, model);
    }
    loadUnverified(folder, config, model);
    model.setTraining(false);
    checksums.await();
    return model;
  }

  /** Checks untrusted settings, so that memory is allocated only for weights that exist. */
  private static void checkWeights(
      Path folder, Config config, BaseModel model, Function<String, Path> files)
      throws IOException {
    Lora lora = adapter(config);
    if (lora != null && isAdapter(folder)) {
      PretrainedConfig pretrained = (PretrainedConfig) config.model();
      requireBase(folder, pretrained);
      pretrained.checkBaseWeights(model, files);
      new AdapterFolder(folder).check(model, lora);
      return;
    }
    List<Parameter> merged =
        model.parameters().stream().filter(Predicate.not(Lora::isUpdate)).toList();
    ModelWeights.check(merged, folder.resolve(WEIGHTS));
  }

  /** The hash of the weights that training an adapter does not change. */
  private static String baseHash(BaseModel model, Lora lora) {
    return ModelHash.of(
        model.parameters().stream()
            .filter(it -> !Lora.isUpdate(it) && !lora.isModuleToSave(it))
            .toList());
  }

  private static void requireSameBase(Path folder, PretrainedConfig config, BaseModel model)
      throws IOException {
    String recorded = settings(AtomicFile.readJson(configFile(folder))).path(BASE_HASH).asText();
    boolean isRecorded = !recorded.isEmpty(); // not by version 0.1
    if (isRecorded && !recorded.equals(baseHash(model, Objects.requireNonNull(config.lora())))) {
      throw new InvalidSettings(
          "The adapter in %s was trained with different weights of its base model %s. Restore"
              + " those weights.",
          folder, config.from());
    }
  }

  private static void requireBase(Path folder, PretrainedConfig config) {
    String from = Objects.requireNonNull(config.from());
    if (!ModelHub.names(from) && !Files.isDirectory(Path.of(from))) {
      throw new InvalidSettings(
          "The base model of the adapter in %s does not exist: %s. Restore that folder, or"
              + " merge adapter and base model (counterpoint merge) where both are available.",
          folder, from);
    }
  }

  /**
   * Loads the weights in the folder into a model. If the folder contains an adapter, the base
   * weights must already be loaded; if it contains merged weights, the model's adapter is removed.
   */
  public static void loadWeights(Path folder, Config config, BaseModel model) throws IOException {
    Objects.requireNonNull(model, "model");
    FolderChecksums checksums = FolderChecksums.verify(Objects.requireNonNull(folder, "folder"));
    loadUnverified(folder, config, model);
    checksums.await();
  }

  private static void loadUnverified(Path folder, Config config, BaseModel model)
      throws IOException {
    Lora lora = adapter(config);
    if (lora != null && isAdapter(folder)) {
      new AdapterFolder(folder).load(model, lora);
      return;
    }
    Lora.merge(model); // The folder contains merged weights, so the adapter layers are removed.
    ModelWeights.load(model.parameters(), folder.resolve(WEIGHTS));
  }

  /** Whether the folder contains all weights of a model, so that no base model is needed. */
  public static boolean hasAllWeights(Path folder) {
    return Files.isRegularFile(Objects.requireNonNull(folder, "folder").resolve(WEIGHTS));
  }

  /** Whether the folder contains a LoRA adapter, which needs its base model. */
  public static boolean isAdapter(Path folder) {
    return AdapterFolder.isIn(Objects.requireNonNull(folder, "folder"));
  }
}
