package dev.counterpoint.models.bert;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.pretrained.CheckpointNames;
import dev.counterpoint.core.pretrained.ConfigReader;
import dev.counterpoint.core.pretrained.ModelLabels;
import dev.counterpoint.core.pretrained.PretrainedConfig;
import dev.counterpoint.core.pretrained.PretrainedFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a BERT.
 *
 * @param task what it is for
 * @param from a folder of Hugging Face's to begin from; null to start from nothing
 * @param architecture its sizes; null for those of the folder, or else the defaults
 */
public record BertConfig(Task task, @Nullable String from, @Nullable BertArchitecture architecture)
    implements PretrainedConfig {
  private static final String TYPE = "bert";
  private static final CheckpointNames NAMES =
      new CheckpointNames(
          TYPE,
          Pattern.compile(
              "embeddings\\.(position_ids|token_type_ids)|cls\\.predictions\\.decoder\\..*"),
          Pattern.compile("(pooler|cls|classifier|qa_outputs)\\..*"));

  /** What a BERT is for, with the name that Hugging Face has for it. */
  public enum Task {
    /** One class for an item. */
    CLASSIFICATION("BertForSequenceClassification"),
    /** One class for each token. */
    TOKEN_CLASSIFICATION("BertForTokenClassification"),
    /** The place of an answer in a text. */
    QUESTION_ANSWERING("BertForQuestionAnswering"),
    /** The tokens behind masks. */
    LANGUAGE_MODEL("BertForMaskedLM");

    private final String huggingFace;

    Task(String huggingFace) {
      this.huggingFace = huggingFace;
    }
  }

  /** A small classifier from nothing. */
  public static BertConfig defaults() {
    return new BertConfig(Task.CLASSIFICATION, null, null);
  }

  @Override
  public int maxLength() {
    return sizes().maxLength();
  }

  @Override
  public CheckpointNames names() {
    return NAMES;
  }

  @Override
  public BaseModel build(DataSpec data) {
    BertArchitecture sizes = sizes();
    sizes = sizes.withVocabulary(ModelLabels.vocabulary(sizes.vocabularySize(), data, "A BERT"));
    int padding = data.paddingId();
    return switch (task) {
      case CLASSIFICATION -> new BertClassifier(sizes, padding, ModelLabels.count(data));
      case TOKEN_CLASSIFICATION -> new BertTokenClassifier(sizes, padding, ModelLabels.count(data));
      case QUESTION_ANSWERING -> new BertQuestionAnswerer(sizes, padding);
      case LANGUAGE_MODEL -> new BertLanguageModel(sizes, padding);
    };
  }

  @Override
  public BertConfig resolve(@Nullable Path path) throws IOException {
    if (path == null) {
      return new BertConfig(task, null, sizes());
    }
    PretrainedFolder folder = PretrainedFolder.of(path);
    ConfigReader config =
        new ConfigReader(folder.config(TYPE), folder.path().resolve("config.json").toString());
    BertArchitecture found = read(config);
    if (architecture != null && !architecture.equals(found)) {
      throw new InvalidSettings(
          "model.architecture is not that of "
              + config.name()
              + "; leave it out beside model.from, or make it "
              + found);
    }
    return new BertConfig(task, folder.path().toString(), found);
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
    BertArchitecture sizes = sizes();
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", TYPE);
    config.putArray("architectures").add(task.huggingFace);
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
    config.put("pad_token_id", data.paddingId());
    config.put("tie_word_embeddings", true);
    config.put("torch_dtype", "float32");
    ModelLabels.write(data, config);
    return config;
  }

  private BertArchitecture sizes() {
    return architecture == null ? BertArchitecture.defaults() : architecture;
  }
}
