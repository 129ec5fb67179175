package dev.counterpoint.models.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
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
 * Settings of a BERT model.
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
public record BertConfig(
    Task task,
    @Nullable String from,
    boolean newHead,
    @Nullable BertArchitecture architecture,
    @Nullable Lora lora,
    @FormerName("checkpointBlocks") boolean activationCheckpointing)
    implements PretrainedConfig {
  private static final ModelFamily<BertArchitecture> FAMILY =
      new ModelFamily<>(
          "bert",
          new StateDictNames(
              "bert",
              Pattern.compile("embeddings\\.(position_ids|token_type_ids)"),
              Pattern.compile("(pooler|cls|classifier|qa_outputs)\\..*")),
          List.of("query", "value"),
          false,
          BertArchitecture.defaults(),
          BertConfig::read);

  /** Tasks of a BERT model. */
  public enum Task implements ModelFamily.Task {
    /** Text classification: one class per example. */
    CLASSIFICATION,
    /** Token classification: one class per token. */
    TOKEN_CLASSIFICATION,
    /** Extractive question answering: the position of the answer in a text. */
    QUESTION_ANSWERING,
    /** Masked language modeling. */
    LANGUAGE_MODEL;

    private DataSpec.Target target() {
      return switch (this) {
        case CLASSIFICATION -> DataSpec.Target.CLASS;
        case QUESTION_ANSWERING -> DataSpec.Target.SPAN;
        case TOKEN_CLASSIFICATION -> DataSpec.Target.CLASS_PER_TOKEN;
        case LANGUAGE_MODEL -> DataSpec.Target.MASKED_TOKEN;
      };
    }

    @Override
    public ModelFamily.TaskNames names() {
      return switch (this) {
        case CLASSIFICATION ->
            new ModelFamily.TaskNames(
                "BertForSequenceClassification",
                "SEQ_CLS",
                List.of("classifier"),
                List.of("bert.pooler.dense"));
        case TOKEN_CLASSIFICATION ->
            new ModelFamily.TaskNames(
                "BertForTokenClassification", "TOKEN_CLS", List.of("classifier"), List.of());
        case QUESTION_ANSWERING ->
            new ModelFamily.TaskNames(
                "BertForQuestionAnswering", "QUESTION_ANS", List.of("qa_outputs"), List.of());
        case LANGUAGE_MODEL ->
            new ModelFamily.TaskNames(
                "BertForMaskedLM",
                null,
                List.of(),
                List.of("cls.predictions"),
                Map.of(
                    "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight",
                    "cls.predictions.decoder.bias", "cls.predictions.bias"));
      };
    }
  }

  /** Creates settings without LoRA, a new head or activation checkpointing. */
  public BertConfig(Task task, @Nullable String from, @Nullable BertArchitecture architecture) {
    this(task, from, false, architecture, null, false);
  }

  /** A small classifier, trained from scratch. */
  public static BertConfig defaults() {
    return new BertConfig(Task.CLASSIFICATION, null, null);
  }

  @Override
  public int maxLength() {
    return FAMILY.architectureOrDefault(architecture).maxLength();
  }

  @Override
  public ModelFamily<BertArchitecture> family() {
    return FAMILY;
  }

  @Override
  public BaseModel build(DataSpec data) {
    BertArchitecture resolved = architecture(data);
    ModelLabels.requireTarget(data, task.target(), task, "A BERT");
    if (task == Task.QUESTION_ANSWERING && resolved.tokenTypes() < 2) {
      throw new InvalidSettings(
          "Question answering needs token types for two texts, but the model has only one:"
              + " type_vocab_size (model.architecture.tokenTypes) is 1.");
    }
    int padding = data.paddingId();
    BaseModel model =
        switch (task) {
          case CLASSIFICATION -> new BertClassifier(resolved, data, false);
          case TOKEN_CLASSIFICATION -> new BertClassifier(resolved, data, true);
          case QUESTION_ANSWERING -> new BertQuestionAnswerer(resolved, padding);
          case LANGUAGE_MODEL -> new BertLanguageModel(resolved, padding);
        };
    FAMILY.configure(model, this);
    return model;
  }

  private BertArchitecture architecture(DataSpec data) {
    BertArchitecture resolved = FAMILY.architectureOrDefault(architecture);
    int vocabulary = ModelLabels.vocabulary(resolved.vocabularySize(), data, "A BERT");
    return RecordCopy.with(resolved, "vocabularySize", vocabulary);
  }

  @Override
  public BertConfig resolve(Function<String, Path> files) throws IOException {
    return FAMILY.resolve(this, architecture, files);
  }

  private static BertArchitecture read(ConfigReader config) {
    int width = config.integer("hidden_size", 768);
    int heads = config.integer("num_attention_heads", 12);
    return new BertArchitecture(
        config.integer("vocab_size", 30_522),
        width,
        config.integer("num_hidden_layers", 12),
        config.divisor("num_attention_heads", heads, "hidden_size", width),
        config.integer("intermediate_size", 3_072),
        config.integer("max_position_embeddings", 512),
        config.integer("type_vocab_size", 2),
        config.activation("hidden_act", "gelu"),
        config.probability("hidden_dropout_prob", 0.1),
        config.probability("attention_probs_dropout_prob", 0.1),
        config.number("classifier_dropout") == null
            ? null
            : config.probability("classifier_dropout", 0),
        config.number("layer_norm_eps", 1e-12),
        config.number("initializer_range", 0.02),
        config.flag("tie_word_embeddings", true));
  }

  @Override
  public ObjectNode huggingFaceConfig(DataSpec data) {
    BertArchitecture resolved = architecture(data);
    ObjectNode config = FAMILY.huggingFaceConfig(task, data);
    config.setAll(Json.MAPPER.<ObjectNode>valueToTree(resolved));
    config.put("hidden_act", ConfigReader.nameOf(resolved.activation()));
    return config;
  }
}
