package dev.counterpoint.models.bert;

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
 * The settings of a BERT.
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
              Pattern.compile(
                  "embeddings\\.(position_ids|token_type_ids)|cls\\.predictions\\.decoder\\..*"),
              Pattern.compile("(pooler|cls|classifier|qa_outputs)\\..*")),
          List.of("query", "value"),
          false,
          BertArchitecture.defaults(),
          BertConfig::read);

  /** What a BERT is for. */
  public enum Task implements ModelFamily.Task {
    /** One class for an item. */
    CLASSIFICATION,
    /** One class for each token. */
    TOKEN_CLASSIFICATION,
    /** The place of an answer in a text. */
    QUESTION_ANSWERING,
    /** The tokens behind masks. */
    LANGUAGE_MODEL;

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
                "BertForMaskedLM", null, List.of(), List.of("cls.predictions"));
      };
    }
  }

  /** One that is trained whole. */
  public BertConfig(Task task, @Nullable String from, @Nullable BertArchitecture architecture) {
    this(task, from, false, architecture, null, false);
  }

  /** A small classifier from nothing. */
  public static BertConfig defaults() {
    return new BertConfig(Task.CLASSIFICATION, null, null);
  }

  @Override
  public int maxLength() {
    return FAMILY.sizes(architecture).maxLength();
  }

  @Override
  public ModelFamily<BertArchitecture> family() {
    return FAMILY;
  }

  @Override
  public BaseModel build(DataSpec data) {
    BertArchitecture sizes = FAMILY.sizes(architecture);
    sizes = sizes.withVocabulary(ModelLabels.vocabulary(sizes.vocabularySize(), data, "A BERT"));
    int padding = data.paddingId();
    BaseModel model =
        switch (task) {
          case CLASSIFICATION -> new BertClassifier(sizes, padding, ModelLabels.count(data));
          case TOKEN_CLASSIFICATION ->
              new BertTokenClassifier(sizes, padding, ModelLabels.count(data));
          case QUESTION_ANSWERING -> new BertQuestionAnswerer(sizes, padding);
          case LANGUAGE_MODEL -> new BertLanguageModel(sizes, padding);
        };
    FAMILY.adapt(model, lora, task);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  @Override
  public BertConfig resolve(Function<String, Path> files) throws IOException {
    ModelFamily.Start<BertArchitecture> start =
        FAMILY.start(from, newHead, architecture, lora, task, files);
    return new BertConfig(
        task, start.from(), newHead, start.architecture(), start.lora(), activationCheckpointing);
  }

  @Override
  public BertConfig merged() {
    return new BertConfig(task, from, newHead, architecture, null, activationCheckpointing);
  }

  private static BertArchitecture read(ConfigReader config) {
    config.require("position_embedding_type", "absolute");
    config.require("is_decoder", "false");
    config.require("tie_word_embeddings", "true");
    return new BertArchitecture(
        config.whole("vocab_size", 30_522),
        config.whole("hidden_size", 768),
        config.whole("num_hidden_layers", 12),
        config.whole("num_attention_heads", 12),
        config.whole("intermediate_size", 3_072),
        config.whole("max_position_embeddings", 512),
        config.whole("type_vocab_size", 2),
        config.activation("hidden_act", "gelu"),
        config.number("hidden_dropout_prob", 0.1),
        config.number("attention_probs_dropout_prob", 0.1),
        config.number("classifier_dropout"),
        config.number("layer_norm_eps", 1e-12),
        config.number("initializer_range", 0.02));
  }

  @Override
  public ObjectNode huggingFaceConfig(DataSpec data) {
    BertArchitecture sizes = FAMILY.sizes(architecture);
    ObjectNode config = FAMILY.huggingFaceConfig(task, data);
    config.put("vocab_size", ModelLabels.vocabulary(sizes.vocabularySize(), data, "A BERT"));
    config.put("hidden_size", sizes.width());
    config.put("num_hidden_layers", sizes.layers());
    config.put("num_attention_heads", sizes.heads());
    config.put("intermediate_size", sizes.intermediate());
    config.put("max_position_embeddings", sizes.maxLength());
    config.put("type_vocab_size", sizes.tokenTypes());
    config.put("hidden_act", ConfigReader.nameOf(sizes.activation()));
    config.put("hidden_dropout_prob", sizes.dropout());
    config.put("attention_probs_dropout_prob", sizes.attentionDropout());
    config.put("classifier_dropout", sizes.headDropout());
    config.put("layer_norm_eps", sizes.epsilon());
    config.put("initializer_range", sizes.deviation());
    return config;
  }
}
