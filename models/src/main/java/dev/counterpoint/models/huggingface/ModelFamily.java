package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
public record ModelFamily<A>(
    String type,
    StateDictNames names,
    List<String> targets,
    boolean transposed,
    A defaults,
    Function<ConfigReader, A> read) {
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
   */
  public record TaskNames(
      String huggingFace, @Nullable String peft, List<String> head, List<String> auxiliary) {
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
      lora.orDefaults(targets, config.task().names().head()).applyTo(model);
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
      C base = RecordCopy.with(config, "from", new AdapterFolder(path).baseModel());
      Lora existing = RecordCopy.with(Lora.defaults(), "from", path.toString());
      return resolve(RecordCopy.with(base, "lora", lora.or(existing)), requested, files);
    }
    PretrainedFolder folder = PretrainedFolder.of(path);
    A architecture = architecture(folder, requested);
    Lora lora = adapter(config.lora(), config.task(), folder, files);
    if (config.newHead() && !trainsNewHead(lora, config.task())) {
      throw new InvalidSettings(
          "model.newHead requires that the head is trained: it cannot be used with an existing"
              + " adapter, and model.lora.modulesToSave must contain the head.");
    }
    C resolved = RecordCopy.with(config, "architecture", architecture);
    return RecordCopy.with(RecordCopy.with(resolved, "from", folder.name()), "lora", lora);
  }

  private static void checkNewHead(PretrainedConfig config) {
    boolean hasHead = !config.task().names().head().isEmpty();
    if (config.newHead() && (config.from() == null || !hasHead)) {
      throw new InvalidSettings(
          "model.newHead requires model.from and a task with a head; model.from is "
              + (config.from() == null ? "not set" : config.from())
              + " and task "
              + config.task()
              + (hasHead ? " has a head." : " has no separate head."));
    }
  }

  /** Whether a newly initialized head is trained: with the whole model, or with a new adapter. */
  private static boolean trainsNewHead(@Nullable Lora lora, Task task) {
    return lora == null
        || (lora.from() == null && lora.modulesToSaveOrEmpty().containsAll(task.names().head()));
  }

  private A architecture(PretrainedFolder folder, @Nullable A requested) throws IOException {
    ConfigReader config = folder.config(type);
    A actual = read.apply(config);
    if (requested != null && !requested.equals(actual)) {
      throw new InvalidSettings(
          "model.architecture differs from "
              + config.name()
              + "; remove it when using model.from, or set it to "
              + actual);
    }
    return actual;
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
    config.put("tie_word_embeddings", true);
    config.put("torch_dtype", "float32");
    ModelLabels.write(data, config);
    return config;
  }
}
