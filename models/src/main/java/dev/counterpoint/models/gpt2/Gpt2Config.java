package dev.counterpoint.models.gpt2;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.models.huggingface.ConfigReader;
import dev.counterpoint.models.huggingface.ModelFamily;
import dev.counterpoint.models.huggingface.ModelLabels;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.models.huggingface.StateDictNames;
import dev.counterpoint.models.lora.Lora;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a GPT-2.
 *
 * @param task what it is for
 * @param from a folder of Hugging Face's or PEFT's to begin from, or {@code hf:NAME}; null to start
 *     from nothing
 * @param newHead whether the head starts anew even where that folder has one, as for other labels
 * @param architecture its sizes; null for those of the folder, or else the defaults
 * @param lora what is trained in place of the whole model; null where that is trained
 * @param activationCheckpointing whether the blocks are computed again in the backward pass, which
 *     takes less memory and more time
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
              Pattern.compile("h\\.\\d+\\.attn\\.(bias|masked_bias)|lm_head\\.weight"),
              Pattern.compile("(score|multiple_choice_head|v_head)\\..*")),
          List.of("c_attn"),
          true,
          Gpt2Architecture.defaults(),
          Gpt2Config::read);

  /** What a GPT-2 is for. */
  public enum Task implements ModelFamily.Task {
    /** One class for an item. */
    CLASSIFICATION,
    /** The next token at each place. */
    LANGUAGE_MODEL;

    @Override
    public ModelFamily.TaskNames names() {
      return switch (this) {
        case CLASSIFICATION ->
            new ModelFamily.TaskNames(
                "GPT2ForSequenceClassification", "SEQ_CLS", List.of("score"), List.of());
        case LANGUAGE_MODEL ->
            new ModelFamily.TaskNames("GPT2LMHeadModel", "CAUSAL_LM", List.of(), List.of());
      };
    }
  }

  /** One that is trained whole. */
  public Gpt2Config(Task task, @Nullable String from, @Nullable Gpt2Architecture architecture) {
    this(task, from, false, architecture, null, false);
  }

  /** A small language model from nothing. */
  public static Gpt2Config defaults() {
    return new Gpt2Config(Task.LANGUAGE_MODEL, null, null);
  }

  @Override
  public int maxLength() {
    return FAMILY.sizes(architecture).maxLength();
  }

  @Override
  public ModelFamily<Gpt2Architecture> family() {
    return FAMILY;
  }

  @Override
  public BaseModel build(DataSpec data) {
    Gpt2Architecture sizes = FAMILY.sizes(architecture);
    sizes = sizes.withVocabulary(ModelLabels.vocabulary(sizes.vocabularySize(), data, "A GPT-2"));
    BaseModel model =
        switch (task) {
          case CLASSIFICATION -> new Gpt2Classifier(sizes, ModelLabels.count(data));
          case LANGUAGE_MODEL -> new Gpt2LanguageModel(sizes);
        };
    FAMILY.adapt(model, lora, task);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  @Override
  public Gpt2Config resolve(Function<String, Path> files) throws IOException {
    ModelFamily.Start<Gpt2Architecture> start =
        FAMILY.start(from, newHead, architecture, lora, task, files);
    return new Gpt2Config(
        task, start.from(), newHead, start.architecture(), start.lora(), activationCheckpointing);
  }

  @Override
  public Gpt2Config merged() {
    return new Gpt2Config(task, from, newHead, architecture, null, activationCheckpointing);
  }

  private static Gpt2Architecture read(ConfigReader config) {
    config.require("scale_attn_weights", "true");
    config.require("scale_attn_by_inverse_layer_idx", "false");
    config.require("add_cross_attention", "false");
    config.require("tie_word_embeddings", "true");
    return new Gpt2Architecture(
        config.whole("vocab_size", 50_257),
        config.whole("n_embd", 768),
        config.whole("n_layer", 12),
        config.whole("n_head", 12),
        config.whole("n_inner"),
        config.whole("n_positions", 1_024),
        config.activation("activation_function", "gelu_new"),
        config.number("resid_pdrop", 0.1),
        config.number("embd_pdrop", 0.1),
        config.number("attn_pdrop", 0.1),
        config.number("layer_norm_epsilon", 1e-5),
        config.number("initializer_range", 0.02));
  }

  @Override
  public ObjectNode huggingFaceConfig(DataSpec data) {
    Gpt2Architecture sizes = FAMILY.sizes(architecture);
    ObjectNode config = FAMILY.huggingFaceConfig(task, data);
    config.put("vocab_size", ModelLabels.vocabulary(sizes.vocabularySize(), data, "A GPT-2"));
    config.put("n_embd", sizes.width());
    config.put("n_layer", sizes.layers());
    config.put("n_head", sizes.heads());
    config.put("n_inner", sizes.intermediate());
    config.put("n_positions", sizes.maxLength());
    config.put("activation_function", ConfigReader.nameOf(sizes.activation()));
    config.put("resid_pdrop", sizes.dropout());
    config.put("embd_pdrop", sizes.embeddingDropout());
    config.put("attn_pdrop", sizes.attentionDropout());
    config.put("layer_norm_epsilon", sizes.epsilon());
    config.put("initializer_range", sizes.deviation());
    config.put("bos_token_id", data.paddingId());
    config.put("eos_token_id", data.paddingId());
    return config;
  }
}
