package dev.counterpoint.models.gpt2;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.huggingface.ConfigReader;
import dev.counterpoint.models.huggingface.ModelFamily;
import dev.counterpoint.models.huggingface.ModelLabels;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.huggingface.StateDictNames;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a GPT-2 model.
 *
 * @param task the task, which determines the head
 * @param from pretrained weights: a Hugging Face or PEFT folder, or {@code hf:NAME}; null to train
 *     from scratch
 * @param newHead whether to initialize a new head even if the folder has one, for example for other
 *     labels
 * @param architecture the architecture; null for the architecture of the folder, or the default
 *     architecture without a folder
 * @param lora LoRA settings; null to train the whole model
 * @param activationCheckpointing whether to recompute the activations of the blocks in the backward
 *     pass, which takes less memory and more time
 */
public record Gpt2Config(
    Task task,
    @Nullable String from,
    boolean newHead,
    @Nullable Gpt2Architecture architecture,
    @Nullable Lora lora,
    @FormerName("checkpointBlocks") boolean activationCheckpointing)
    implements PretrainedConfig {
  private static final ModelFamily<Gpt2Architecture> FAMILY =
      new ModelFamily<>(
          "gpt2",
          new StateDictNames(
              "transformer",
              Pattern.compile("h\\.\\d+\\.attn\\.(bias|masked_bias)"),
              Pattern.compile("(score|lm_head|multiple_choice_head|v_head)\\..*")),
          List.of("c_attn"),
          true,
          Gpt2Architecture.defaults(),
          Gpt2Config::read);

  /** Tasks of a GPT-2 model. */
  public enum Task implements ModelFamily.Task {
    /** Text classification: one class per example. */
    CLASSIFICATION,
    /** Causal language modeling: the next token at each position. */
    LANGUAGE_MODEL;

    @Override
    public ModelFamily.TaskNames names() {
      return switch (this) {
        case CLASSIFICATION ->
            new ModelFamily.TaskNames(
                "GPT2ForSequenceClassification", "SEQ_CLS", List.of("score"), List.of());
        case LANGUAGE_MODEL ->
            new ModelFamily.TaskNames(
                "GPT2LMHeadModel",
                "CAUSAL_LM",
                List.of(),
                List.of(),
                Map.of("lm_head.weight", "transformer.wte.weight"));
      };
    }
  }

  /** Creates settings without LoRA, a new head or activation checkpointing. */
  public Gpt2Config(Task task, @Nullable String from, @Nullable Gpt2Architecture architecture) {
    this(task, from, false, architecture, null, false);
  }

  /** A small language model, trained from scratch. */
  public static Gpt2Config defaults() {
    return new Gpt2Config(Task.LANGUAGE_MODEL, null, null);
  }

  @Override
  public int maxLength() {
    return FAMILY.architectureOrDefault(architecture).maxLength();
  }

  @Override
  public ModelFamily<Gpt2Architecture> family() {
    return FAMILY;
  }

  @Override
  public BaseModel build(DataSpec data) {
    Gpt2Architecture resolved = architecture(data);
    ModelLabels.requireTarget(
        data,
        task == Task.CLASSIFICATION ? DataSpec.Target.CLASS : DataSpec.Target.NEXT_TOKEN,
        task,
        "A GPT-2");
    BaseModel model =
        switch (task) {
          case CLASSIFICATION -> new Gpt2Classifier(resolved, data);
          case LANGUAGE_MODEL -> new Gpt2LanguageModel(resolved);
        };
    FAMILY.configure(model, this);
    return model;
  }

  private Gpt2Architecture architecture(DataSpec data) {
    Gpt2Architecture resolved = FAMILY.architectureOrDefault(architecture);
    int vocabulary = ModelLabels.vocabulary(resolved.vocabularySize(), data, "A GPT-2");
    return RecordCopy.with(resolved, "vocabularySize", vocabulary);
  }

  @Override
  public Gpt2Config resolve(Function<String, Path> files) throws IOException {
    return FAMILY.resolve(this, architecture, files);
  }

  private static Gpt2Architecture read(ConfigReader config) {
    int width = size(config, "hidden_size", "n_embd", 768);
    int heads = size(config, "num_attention_heads", "n_head", 12);
    return new Gpt2Architecture(
        config.integer("vocab_size", 50_257),
        width,
        size(config, "num_hidden_layers", "n_layer", 12),
        config.divisor("n_head", heads, "n_embd or hidden_size", width),
        config.integer("n_inner") == null ? null : config.integer("n_inner", 1),
        size(config, "max_position_embeddings", "n_positions", 1_024),
        config.activation("activation_function", "gelu_new"),
        config.probability("resid_pdrop", 0.1),
        config.probability("embd_pdrop", 0.1),
        config.probability("attn_pdrop", 0.1),
        config.number("layer_norm_epsilon", 1e-5),
        config.number("initializer_range", 0.02),
        config.flag("tie_word_embeddings", true));
  }

  /** A size by either of its names; the general name replaces GPT-2's, as in transformers. */
  private static int size(ConfigReader config, String general, String own, int defaultValue) {
    return config.integer(general, config.integer(own, defaultValue));
  }

  @Override
  public ObjectNode huggingFaceConfig(DataSpec data) {
    Gpt2Architecture resolved = architecture(data);
    ObjectNode config = FAMILY.huggingFaceConfig(task, data);
    config.setAll(Json.MAPPER.<ObjectNode>valueToTree(resolved));
    config.put("activation_function", ConfigReader.nameOf(resolved.activation()));
    List<Integer> ends = data.endIds() == null ? List.of(data.paddingId()) : data.endIds();
    config.put("bos_token_id", data.beginId() == null ? ends.get(0) : data.beginId());
    return config.set(
        "eos_token_id", Json.MAPPER.valueToTree(ends.size() == 1 ? ends.get(0) : ends));
  }
}
