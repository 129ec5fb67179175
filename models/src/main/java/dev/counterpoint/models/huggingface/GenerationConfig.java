package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Defaults of text generation in a model folder: {@code generation_config.json} of transformers.
 *
 * @param file content of the file; empty if the folder has none
 */
public record GenerationConfig(ConfigReader file) {
  /** The name of the file. */
  public static final String FILE = "generation_config.json";

  private static final int DEFAULT_TOP_K = 50;

  /** Keys that do not change the generated tokens. Special tokens are read with the tokenizer. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("bos_token_id eos_token_id pad_token_id decoder_start_token_id transformers_version"
                  + " use_cache cache_implementation cache_config max_cache_len low_memory"
                  + " output_attentions output_hidden_states output_scores output_logits"
                  + " return_dict_in_generate remove_invalid_values compile_config disable_compile"
                  + " prefill_chunk_size is_assistant num_assistant_tokens"
                  + " num_assistant_tokens_schedule assistant_confidence_threshold"
                  + " assistant_early_exit assistant_lookbehind target_lookbehind"
                  + " assistant_ensemble_weight speculation_type prompt_lookup_num_tokens"
                  + " max_matching_ngram_size trust_remote_code typical_p epsilon_cutoff"
                  + " eta_cutoff min_p top_h length_penalty early_stopping num_beam_groups"
                  + " diversity_penalty")
              .split(" "));

  /**
   * Settings of a request that replace those of the file.
   *
   * @param maxTokens maximum number of new tokens
   */
  public record Request(
      @Nullable Integer maxTokens,
      @Nullable Double temperature,
      @Nullable Integer topK,
      @Nullable Double topP,
      @Nullable Double repetitionPenalty,
      @Nullable Integer beams) {
    boolean samples() {
      return temperature != null || topK != null || topP != null;
    }
  }

  /** Reads the file of a folder, if there is one. */
  public static GenerationConfig of(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return new GenerationConfig(
        ConfigReader.of(
            Files.isRegularFile(file)
                ? PretrainedFolder.json(file)
                : JsonNodeFactory.instance.objectNode(),
            file.toString()));
  }

  /** Maximum number of tokens of the prompt and the new tokens. */
  public int maxLength(Request request, int modelMaxLength) {
    Integer limit = file.integer("max_length");
    return limit == null || request.maxTokens() != null || file.integer("max_new_tokens") != null
        ? modelMaxLength
        : Math.min(file.integer("max_length", 1), modelMaxLength);
  }

  /**
   * The settings of the request, of the file, and the defaults, in this order.
   *
   * @throws InvalidSettings if the file has a key that would change the text and is not supported
   */
  public GenerationSettings settings(
      Request request, int defaultMaxTokens, Set<Long> stop, long seed) {
    boolean fileSamples = !file.value("do_sample").isNull() && file.flag("do_sample", false);
    boolean sample = request.samples() || fileSamples;
    int beams = or(request.beams(), or(file.integer("num_beams"), 1));
    checkNeutral(sample, beams);
    boolean hasLength = file.integer("max_length") != null;
    int maxTokens = hasLength ? Integer.MAX_VALUE : defaultMaxTokens;
    double temperature = or(request.temperature(), or(file.number("temperature"), 1.0));
    int topK = or(request.topK(), or(file.integer("top_k"), fileSamples ? DEFAULT_TOP_K : 0));
    double topP = or(request.topP(), or(file.number("top_p"), 1.0));
    return new GenerationSettings(
        or(request.maxTokens(), or(file.integer("max_new_tokens"), maxTokens)),
        sample,
        sample ? temperature : 1,
        sample ? topK : 0,
        sample ? topP : 1,
        or(request.repetitionPenalty(), or(file.number("repetition_penalty"), 1.0)),
        beams,
        stop,
        seed);
  }

  /** Keys that transformers does not know. */
  public List<String> unknownKeys() {
    return file.unread(HARMLESS);
  }

  private void checkNeutral(boolean sample, int beams) {
    for (String key :
        List.of(
            "bad_words_ids",
            "forced_bos_token_id",
            "forced_eos_token_id",
            "suppress_tokens",
            "begin_suppress_tokens",
            "exponential_decay_length_penalty",
            "sequence_bias",
            "watermarking_config",
            "stop_strings",
            "max_time",
            "constraints",
            "force_words_ids",
            "dola_layers",
            "continuous_batching_config")) {
      file.requireEmpty(key);
    }
    for (String key : List.of("token_healing", "use_mtp", "renormalize_logits")) {
      file.require(key, "false", "null");
    }
    for (String key :
        List.of(
            "min_length",
            "min_new_tokens",
            "no_repeat_ngram_size",
            "encoder_no_repeat_ngram_size",
            "penalty_alpha")) {
      file.requireNumber(key, 0);
    }
    for (String key :
        List.of("encoder_repetition_penalty", "guidance_scale", "num_return_sequences")) {
      file.requireNumber(key, 1);
    }
    if (sample) {
      file.requireNumber("typical_p", 1);
      for (String key : List.of("min_p", "epsilon_cutoff", "eta_cutoff", "top_h")) {
        file.requireNumber(key, 0);
      }
    }
    if (beams > 1) {
      file.require("early_stopping", "false", "null");
      file.requireNumber("length_penalty", 1);
      file.requireNumber("num_beam_groups", 1);
      file.requireNumber("diversity_penalty", 0);
    }
  }

  private static <T> T or(@Nullable T value, T defaultValue) {
    return value == null ? defaultValue : value;
  }
}
