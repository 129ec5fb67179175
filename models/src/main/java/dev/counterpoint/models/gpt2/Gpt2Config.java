package dev.counterpoint.models.gpt2;

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
 * The settings of a GPT-2.
 *
 * @param task what it is for
 * @param from a folder of Hugging Face's to begin from; null to start from nothing
 * @param architecture its sizes; null for those of the folder, or else the defaults
 */
public record Gpt2Config(Task task, @Nullable String from, @Nullable Gpt2Architecture architecture)
    implements PretrainedConfig {
  private static final String TYPE = "gpt2";
  private static final CheckpointNames NAMES =
      new CheckpointNames(
          "transformer",
          Pattern.compile("h\\.\\d+\\.attn\\.(bias|masked_bias)|lm_head\\.weight"),
          Pattern.compile("(score|multiple_choice_head|v_head)\\..*"));

  /** What a GPT-2 is for, with the name that Hugging Face has for it. */
  public enum Task {
    /** One class for an item. */
    CLASSIFICATION("GPT2ForSequenceClassification"),
    /** The next token at each place. */
    LANGUAGE_MODEL("GPT2LMHeadModel");

    private final String huggingFace;

    Task(String huggingFace) {
      this.huggingFace = huggingFace;
    }
  }

  /** A small language model from nothing. */
  public static Gpt2Config defaults() {
    return new Gpt2Config(Task.LANGUAGE_MODEL, null, null);
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
    Gpt2Architecture sizes = sizes();
    sizes = sizes.withVocabulary(ModelLabels.vocabulary(sizes.vocabularySize(), data, "A GPT-2"));
    return switch (task) {
      case CLASSIFICATION -> new Gpt2Classifier(sizes, ModelLabels.count(data));
      case LANGUAGE_MODEL -> new Gpt2LanguageModel(sizes);
    };
  }

  @Override
  public Gpt2Config resolve(@Nullable Path path) throws IOException {
    if (path == null) {
      return new Gpt2Config(task, null, sizes());
    }
    PretrainedFolder folder = PretrainedFolder.of(path);
    ConfigReader config =
        new ConfigReader(folder.config(TYPE), folder.path().resolve("config.json").toString());
    Gpt2Architecture found = read(config);
    if (architecture != null && !architecture.equals(found)) {
      throw new InvalidSettings(
          "model.architecture is not that of "
              + config.name()
              + "; leave it out beside model.from, or make it "
              + found);
    }
    return new Gpt2Config(task, folder.path().toString(), found);
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
    Gpt2Architecture sizes = sizes();
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", TYPE);
    config.putArray("architectures").add(task.huggingFace);
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
    config.put("pad_token_id", data.paddingId());
    config.put("tie_word_embeddings", true);
    config.put("torch_dtype", "float32");
    ModelLabels.write(data, config);
    return config;
  }

  private Gpt2Architecture sizes() {
    return architecture == null ? Gpt2Architecture.defaults() : architecture;
  }
}
