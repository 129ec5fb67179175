package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a model that can be loaded from a Hugging Face folder and is saved as one, or as a
 * PEFT folder.
 */
public interface PretrainedConfig extends ModelConfig {
  /** Pretrained folder or hub name; null to train from scratch. */
  @Nullable String from();

  /** LoRA settings; null to train the whole model. */
  @Nullable Lora lora();

  /** Whether to initialize a new head even if the folder has one, for example for other labels. */
  boolean newHead();

  /** Whether to recompute the activations of the blocks in the backward pass. */
  boolean activationCheckpointing();

  /** The model family. */
  ModelFamily<?> family();

  /** The task. */
  ModelFamily.Task task();

  /**
   * Resolves all defaults from the pretrained folder.
   *
   * @param files finds a folder by path or {@code hf:NAME}
   * @throws dev.counterpoint.core.settings.InvalidSettings if the folder does not exist, or
   *     contains another kind of model or other sizes than configured
   */
  PretrainedConfig resolve(Function<String, Path> files) throws IOException;

  /** The {@code config.json} for Hugging Face. */
  ObjectNode huggingFaceConfig(DataSpec data);

  /**
   * Loads the weights of the pretrained folder, and of the existing adapter if there is one, into
   * an initialized model.
   *
   * @param labels the data's labels, in the order of their indices; the rows of the head are
   *     reordered to match if the folder names its labels; empty if the data has none
   * @return notes for the user, such as newly initialized or unused weights
   */
  default List<String> loadInto(BaseModel model, List<String> labels, Function<String, Path> files)
      throws IOException {
    List<String> notes = new ArrayList<>(loadBase(model, labels, files));
    Lora lora = lora();
    if (lora != null && lora.from() != null) {
      Path folder = files.apply(lora.from());
      new AdapterFolder(folder).load(model, lora);
      List<Parameter> head =
          model.parameters().stream()
              .filter(it -> lora.isModuleToSave(it) && task().names().isInHead(it))
              .toList();
      notes.addAll(LabelRemapping.apply(folder, head, labels));
    }
    return notes;
  }

  /** Like {@link #loadInto}, without the adapter. */
  default List<String> loadBase(BaseModel model, List<String> labels, Function<String, Path> files)
      throws IOException {
    String from = from();
    return from == null
        ? List.of()
        : PretrainedFolder.of(files.apply(from)).load(baseParameters(model), this, labels);
  }

  /**
   * Checks that the weights of the pretrained folder match a model, initialized or not, so that
   * memory is allocated only for weights that exist.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings if they do not match, listing all
   *     problems
   */
  default void checkBaseWeights(BaseModel model, Function<String, Path> files) throws IOException {
    String from = from();
    if (from != null) {
      PretrainedFolder.of(files.apply(from)).check(baseParameters(model), this);
    }
  }

  /**
   * Like {@link #checkBaseWeights}, but also checks that the loss of the model fits the head of the
   * folder.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings if they do not match, listing all
   *     problems
   */
  default void checkBase(BaseModel model, Function<String, Path> files) throws IOException {
    String from = from();
    if (from != null) {
      checkBaseWeights(model, files);
      PretrainedFolder folder = PretrainedFolder.of(files.apply(from));
      if (!newHead()) {
        Lora lora = lora();
        String adapter = lora == null ? null : lora.from();
        Path own = adapter == null ? null : files.apply(adapter).resolve(AdapterFolder.SETTINGS);
        ConfigReader head =
            own != null && Files.isRegularFile(own)
                ? ConfigReader.of(PretrainedFolder.json(own), own.toString())
                : folder.config(family().type());
        ModelFamily.checkLoss(head, task(), model.outputActivation());
      }
    }
  }

  private static List<Parameter> baseParameters(BaseModel model) {
    return model.parameters().stream().filter(Predicate.not(Lora::isUpdate)).toList();
  }

  /**
   * Checks that a saved {@code config.json} describes this model.
   *
   * @param config content of the file
   * @param name path of the file, for error messages
   * @param expected what the file of this model contains
   * @throws dev.counterpoint.core.settings.InvalidSettings if it describes another model
   */
  default void verify(JsonNode config, String name, ObjectNode expected) {
    family().verify(ConfigReader.of(config, name), expected, task());
  }
}
