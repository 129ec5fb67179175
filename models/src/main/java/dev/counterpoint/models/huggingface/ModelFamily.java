package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Model family: one Hugging Face architecture and its conventions.
 *
 * @param type the {@code model_type} in {@code config.json}
 * @param names tensor names in checkpoints
 * @param targets layers that PEFT adapts by default
 * @param transposed whether the weights of linear layers are stored as (inputs, outputs)
 * @param defaults architecture of a model that is trained from scratch
 * @param read reads the architecture from a {@code config.json}
 * @param <A> type of the architecture
 */
public record ModelFamily<A extends Record>(
    String type,
    StateDictNames names,
    List<String> targets,
    boolean transposed,
    A defaults,
    Function<ConfigReader, A> read) {
  private static final String PROBLEM = "problem_type";

  /** Task of a model. */
  public interface Task {
    /** The names that libraries use for the task, and its head. */
    TaskNames names();
  }

  /**
   * Names in a model folder that depend on the task.
   *
   * @param huggingFace the Hugging Face class, such as {@code BertForSequenceClassification}
   * @param peft the PEFT task type, such as {@code SEQ_CLS}; null if there is none
   * @param head layers that exist only for this task, so checkpoints of other tasks lack them
   * @param auxiliary additional layers outside the body, which most published checkpoints have
   * @param tied tensors of the head that share the values of another tensor unless {@code
   *     tie_word_embeddings} is false, with the name of that tensor
   */
  public record TaskNames(
      String huggingFace,
      @Nullable String peft,
      List<String> head,
      List<String> auxiliary,
      Map<String, String> tied) {
    /** Names of a task whose head shares no values with the body. */
    public TaskNames(
        String huggingFace, @Nullable String peft, List<String> head, List<String> auxiliary) {
      this(huggingFace, peft, head, auxiliary, Map.of());
    }

    /** Whether a parameter belongs to the head. */
    boolean isInHead(Parameter parameter) {
      return head.stream().anyMatch(layer -> parameter.name().startsWith(layer + "."));
    }
  }

  /**
   * Adds LoRA updates to a new model, if configured, so that only the adapter is trained, and
   * selects activation checkpointing.
   *
   * @throws InvalidSettings if the settings name layers that the model does not have
   */
  public void configure(BaseModel model, PretrainedConfig config) {
    Lora lora = config.lora();
    if (lora != null) {
      try {
        lora.orDefaults(targets, config.task().names().head()).applyTo(model);
      } catch (InvalidSettings e) {
        throw lora.from() == null
            ? e
            : new InvalidSettings("%s/%s: %s", lora.from(), AdapterFolder.CONFIG, e.getMessage());
      }
    }
    model.setActivationCheckpointing(config.activationCheckpointing());
  }

  /** The requested architecture, or the default if it is null. */
  public A architectureOrDefault(@Nullable A requested) {
    return requested == null ? defaults : requested;
  }

  /**
   * Resolves all defaults of the settings from their pretrained folder. If that folder contains an
   * adapter, the model is the adapter's base model.
   *
   * @param requested architecture that the folder must have; null for any, or for the default
   *     without a folder
   * @param files finds a folder by path or hub name
   * @throws InvalidSettings if the folder does not exist or is not suitable, if it contradicts the
   *     settings, or if there is an adapter but no model to adapt
   */
  public <C extends Record & PretrainedConfig> C resolve(
      C config, @Nullable A requested, Function<String, Path> files) throws IOException {
    checkNewHead(config);
    String from = config.from();
    if (from == null) {
      if (config.lora() != null) {
        throw new InvalidSettings(
            "model.lora requires a pretrained model: set model.from to its folder.");
      }
      return RecordCopy.with(config, "architecture", architectureOrDefault(requested));
    }
    Path path = files.apply(from);
    if (AdapterFolder.isIn(path)) {
      Lora lora = config.lora() == null ? Lora.defaults() : config.lora();
      String own = new AdapterFolder(path).baseModel();
      if (AdapterFolder.isIn(files.apply(own))) {
        throw new InvalidSettings(
            "%s is an adapter of %s, which is an adapter itself; an adapter needs a full model.",
            path, own);
      }
      C base = RecordCopy.with(config, "from", own);
      Lora existing = RecordCopy.with(Lora.defaults(), "from", path.toString());
      return resolve(RecordCopy.with(base, "lora", lora.or(existing)), requested, files);
    }
    PretrainedFolder folder = PretrainedFolder.of(path);
    A architecture = architecture(folder, config.task(), requested);
    Lora lora = adapter(config.lora(), config.task(), folder, files);
    if (config.newHead() && !trainsNewHead(lora, config.task())) {
      throw new InvalidSettings(
          "model.newHead requires that the head is trained: it cannot be used with an existing"
              + " adapter, and model.lora.modulesToSave must contain the head.");
    }
    C resolved = RecordCopy.with(config, "lora", lora);
    return RecordCopy.with(resolved, Map.of("architecture", architecture, "from", folder.name()));
  }

  private static void checkNewHead(PretrainedConfig config) {
    boolean hasHead = !config.task().names().head().isEmpty();
    if (config.newHead() && (config.from() == null || !hasHead)) {
      throw new InvalidSettings(
          "model.newHead requires model.from and a task with a head; model.from is %s and task %s%s",
          config.from() == null ? "not set" : config.from(),
          config.task(),
          hasHead ? " has a head." : " has no separate head.");
    }
  }

  /** Whether a newly initialized head is trained: with the whole model, or with a new adapter. */
  private static boolean trainsNewHead(@Nullable Lora lora, Task task) {
    return lora == null
        || (lora.from() == null && lora.modulesToSaveOrEmpty().containsAll(task.names().head()));
  }

  private A architecture(PretrainedFolder folder, Task task, @Nullable A requested)
      throws IOException {
    ConfigReader config = folder.config(type);
    A actual = read(config, task);
    if (folder.contradictsTying(task.names(), names)) {
      actual = RecordCopy.with(actual, "tiedEmbeddings", false);
    }
    if (requested != null && !requested.equals(actual)) {
      throw new InvalidSettings(
          "model.architecture differs from %s; remove it when using model.from, or set it to %s",
          config.name(), actual);
    }
    return actual;
  }

  /**
   * Reads the architecture from a {@code config.json}.
   *
   * @throws InvalidSettings if a key has a value that this family does not support
   */
  A read(ConfigReader config, Task task) {
    config.restrict("config.json");
    config.restrict(type);
    return config.named(() -> read.apply(config));
  }

  /** The {@code problem_type} for which transformers computes the same predictions. */
  private static String problem(OutputActivation output) {
    return switch (output) {
      case SOFTMAX -> "single_label_classification";
      case SIGMOID -> "multi_label_classification";
      case IDENTITY -> "regression";
    };
  }

  /** Writes {@code problem_type}, which is absent for one label per example. */
  public static void writeProblem(@Nullable OutputActivation output, ObjectNode config) {
    if (output != null && output != OutputActivation.SOFTMAX) {
      config.put(PROBLEM, problem(output));
    }
  }

  /**
   * Checks that the loss of a run is of the kind with which the head of a folder was trained.
   *
   * @param output how outputs become predictions with the loss of the run; empty if not declared
   * @throws InvalidSettings if {@code problem_type} contradicts the loss
   */
  static void checkLoss(ConfigReader config, Task task, Optional<OutputActivation> output) {
    String problem = config.value(PROBLEM).asText("");
    String ours = output.map(ModelFamily::problem).orElse("absent");
    if (!problem.isEmpty() && "SEQ_CLS".equals(task.names().peft()) && !problem.equals(ours)) {
      throw config.invalid(
          PROBLEM,
          ours
              + " for the loss of this run. Set loss.type to the loss of the folder"
              + " (single_label_classification: cross-entropy, multi_label_classification:"
              + " binary-cross-entropy, regression: mean-squared-error or huber), or"
              + " model.newHead to true");
    }
  }

  /** Keys of a {@code config.json} that transformers does not know for this family. */
  List<String> unknownKeys(ConfigReader config, Task task) {
    read(config, task);
    return config.unread();
  }

  /**
   * Checks that the {@code config.json} of a saved model describes the model that is built from its
   * other settings.
   *
   * @throws InvalidSettings if it describes another model
   */
  void verify(ConfigReader saved, ObjectNode expected, Task task) {
    saved.require("model_type", expected.path("model_type").toString());
    saved.require("id2label", expected.path("id2label").toString());
    if (expected.has(PROBLEM)) {
      saved.require(PROBLEM, expected.path(PROBLEM).toString());
    } else {
      saved.require(PROBLEM, "null", "\"" + problem(OutputActivation.SOFTMAX) + "\"");
    }
    A actual = read(saved, task);
    A built = read(ConfigReader.of(expected, saved.name()), task);
    if (!actual.equals(built)) {
      throw new InvalidSettings(
          "%s declares %s, but its key \"counterpoint\" declares %s.", saved.name(), actual, built);
    }
  }

  private @Nullable Lora adapter(
      @Nullable Lora requested, Task task, PretrainedFolder baseModel, Function<String, Path> files)
      throws IOException {
    if (requested == null) {
      return null;
    }
    if (requested.from() != null) {
      Lora actual = new AdapterFolder(files.apply(requested.from())).lora();
      return requested.resumeFrom(actual);
    }
    List<String> modulesToSave = new ArrayList<>(task.names().head());
    for (String layer : task.names().auxiliary()) {
      if (!baseModel.has(layer, names)) {
        modulesToSave.add(layer);
      }
    }
    return requested.orDefaults(targets, modulesToSave);
  }

  /** Creates a {@code config.json} with the keys that all families share. */
  public ObjectNode huggingFaceConfig(Task task, DataSpec data) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", type);
    config.putArray("architectures").add(task.names().huggingFace());
    config.put("pad_token_id", data.paddingId());
    config.put("torch_dtype", "float32");
    ModelLabels.write(data, config);
    return config;
  }
}
