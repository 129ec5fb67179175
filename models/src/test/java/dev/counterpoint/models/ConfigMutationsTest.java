package dev.counterpoint.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.GenerationSettings;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.huggingface.GenerationConfig;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random changes of configuration files are rejected with the file and the key, or have the effect
 * that they have in transformers. The number of changes is set by {@code counterpoint.mutations}.
 */
class ConfigMutationsTest {
  private static final int COUNT = Integer.getInteger("counterpoint.mutations", 60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SIZES =
      "does not match the shape|missing |unexpected |is expected|vocab_size|model.lora|must be at most";

  private static final List<String> CONFIG_KEYS =
      List.of(
          ("n_embd n_layer n_head n_inner n_positions hidden_size num_hidden_layers"
                  + " num_attention_heads intermediate_size max_position_embeddings vocab_size"
                  + " type_vocab_size activation_function hidden_act layer_norm_epsilon"
                  + " layer_norm_eps initializer_range attn_pdrop resid_pdrop embd_pdrop"
                  + " hidden_dropout_prob attention_probs_dropout_prob classifier_dropout"
                  + " tie_word_embeddings scale_attn_weights scale_attn_by_inverse_layer_idx"
                  + " reorder_and_upcast_attn is_decoder add_cross_attention is_encoder_decoder"
                  + " position_embedding_type problem_type pruned_heads quantization_config"
                  + " chunk_size_feed_forward model_type architectures use_cache torch_dtype"
                  + " num_labels id2label auto_map summary_type my_own_key another")
              .split(" "));

  private static final List<String> ADAPTER_KEYS =
      List.of(
          ("r lora_alpha lora_dropout target_modules modules_to_save bias use_dora use_rslora"
                  + " lora_bias rank_pattern alpha_pattern layers_to_transform layers_pattern"
                  + " layer_replication exclude_modules target_parameters trainable_token_indices"
                  + " alora_invocation_tokens use_qalora qalora_group_size init_lora_weights"
                  + " peft_type task_type base_model_name_or_path fan_in_fan_out inference_mode"
                  + " ensure_weight_tying eva_config kasa_config my_own_key")
              .split(" "));

  private static final List<String> GENERATION_KEYS =
      List.of(
          ("max_length max_new_tokens min_length min_new_tokens do_sample num_beams temperature"
                  + " top_k top_p min_p typical_p epsilon_cutoff repetition_penalty length_penalty"
                  + " early_stopping no_repeat_ngram_size bad_words_ids num_return_sequences"
                  + " renormalize_logits suppress_tokens forced_eos_token_id guidance_scale"
                  + " stop_strings use_cache output_scores my_own_key")
              .split(" "));

  /** What was generated with settings that occurred before. */
  private static final Map<String, JsonNode> GENERATED = new HashMap<>();

  @TempDir Path folder;

  /** A changed file and what our program does with it. */
  private record Outcome(String content, Set<String> keys, String error, JsonNode values) {}

  @ParameterizedTest
  @CsvSource({"gpt2-tied, 1", "bert-classifier, 2", "gpt2-classifier, 3"})
  void changedModelConfigIsRejectedOrHasAKnownEffect(String name, long seed) throws Exception {
    check(outcomes(name, "config.json", CONFIG_KEYS, seed, COUNT / 3));
  }

  @ParameterizedTest
  @CsvSource({"peft-gpt2, 1", "peft-bert, 2"})
  void changedAdapterConfigIsRejectedOrHasAKnownEffect(String name, long seed) throws Exception {
    check(outcomes(name, "adapter_config.json", ADAPTER_KEYS, seed, COUNT / 2));
  }

  @Test
  void changedGenerationConfigIsRejectedOrHasAKnownEffect() throws Exception {
    check(outcomes("gpt2-tied", GenerationConfig.FILE, GENERATION_KEYS, 1, COUNT));
  }

  @ParameterizedTest
  @EnabledIfEnvironmentVariable(named = TransformersPeersTest.PYTHON, matches = ".+")
  @CsvSource({
    "gpt2-tied, config.json",
    "bert-classifier, config.json",
    "gpt2-classifier, config.json",
    "peft-gpt2, adapter_config.json",
    "peft-bert, adapter_config.json",
    "gpt2-tied, generation_config.json"
  })
  void acceptedChangesHaveTheEffectThatTheyHaveInTransformers(String name, String file)
      throws Exception {
    List<String> keys =
        file.equals("config.json")
            ? CONFIG_KEYS
            : file.startsWith("adapter") ? ADAPTER_KEYS : GENERATION_KEYS;
    List<Outcome> accepted = outcomes(name, file, keys, 9, COUNT);
    // Transformers names each of num_labels labels, until the memory is used up.
    accepted.removeIf(
        it ->
            it.error() != null
                || it.values().has("sampled")
                || it.content().contains("\"num_labels\":3000000000"));
    ArrayNode request = JSON.createArrayNode();
    for (Outcome outcome : accepted) {
      ObjectNode entry = request.addObject();
      entry.put("folder", TransformersPeersTest.script().resolveSibling(name).toString());
      entry.put("file", file).put("content", outcome.content());
    }
    Path list = folder.resolve("list.json");
    JSON.writeValue(list.toFile(), request);

    JsonNode theirs = JSON.readTree(TransformersPeersTest.python("files", list));

    int refused = 0;
    for (int i = 0; i < accepted.size(); i++) {
      JsonNode expected = theirs.path(i);
      if (expected.has("error")) {
        refused++;
        System.err.println(accepted.get(i).keys() + ": " + expected.path("error"));
      } else {
        TransformersPeersTest.assertSame(
            accepted.get(i).content(), accepted.get(i).values(), expected);
      }
    }
    System.err.printf(
        "%s %s: %d accepted, %d refused there%n", name, file, accepted.size(), refused);
    assertThat(accepted.size() - refused).isGreaterThan(COUNT / 20);
  }

  private static void check(List<Outcome> outcomes) {
    int rejected = 0;
    for (Outcome outcome : outcomes) {
      if (outcome.error() != null) {
        rejected++;
        assertThat(outcome.error())
            .as(outcome.content())
            .hasSizeLessThan(4_000)
            .matches(
                it ->
                    it.contains("JSON")
                        || it.matches("(?s).*(" + SIZES + ").*")
                        || (it.contains("config.json")
                            && outcome.keys().stream().anyMatch(it::contains)));
      }
    }
    assertThat(rejected).isBetween(outcomes.size() / 4, outcomes.size() - 1);
  }

  private List<Outcome> outcomes(String name, String file, List<String> keys, long seed, int count)
      throws Exception {
    Path source = TransformersPeersTest.script().getParent();
    try (Stream<Path> paths = Files.walk(source)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(source.relativize(path).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(path, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Path changed = folder.resolve(name).resolve(file);
    String original = Files.readString(changed);
    Random random = new Random(seed);
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Set<String> changedKeys = new TreeSet<>();
      String content = mutate(original, keys, random, changedKeys);
      Files.writeString(changed, content);
      outcomes.add(outcome(changed, content, changedKeys));
    }
    return outcomes;
  }

  private static Outcome outcome(Path file, String content, Set<String> keys) throws IOException {
    try {
      JsonNode values =
          file.endsWith(GenerationConfig.FILE)
              ? generated(file.getParent())
              : TransformersPeersTest.compute(file.getParent(), null, false);
      return new Outcome(content, keys, null, values);
    } catch (InvalidSettings e) {
      return new Outcome(content, keys, e.getMessage(), null);
    }
  }

  private static JsonNode generated(Path folder) throws IOException {
    GenerationConfig file = GenerationConfig.of(folder);
    GenerationConfig.Request request =
        new GenerationConfig.Request(null, null, null, null, null, null);
    GenerationSettings settings = file.settings(request, 20, Set.of(23L), 17);
    ObjectNode values = JSON.createObjectNode();
    if (settings.sample()) {
      return values.put("sampled", true);
    }
    String key = settings + " " + file.maxLength(request, 32);
    if (GENERATED.containsKey(key)) {
      return GENERATED.get(key);
    }
    GENERATED.put(key, values);
    PretrainedConfig config =
        TransformersPeersTest.config(folder, "AutoModelForCausalLM").resolve(Path::of);
    try (BaseModel model = config.build(DataSpec.ofText(24, 0, List.of()))) {
      model.initialize(Device.cpu(), 1);
      config.loadInto(model, List.of(), Path::of);
      values.set(
          "logits",
          JSON.valueToTree(
              new Predictor(model).predict(TransformersPeersTest.batch(folder, "")).floats()));
      values.set(
          "generated",
          JSON.valueToTree(
              new Generator(
                      (DecoderSession.Model) model,
                      settings,
                      file.maxLength(request, 32),
                      Device.cpu())
                  .generate(List.of(TransformersPeersTest.PROMPT), (prompt, token) -> {})
                  .get(0)));
    }
    return values;
  }

  private static String mutate(
      String original, List<String> keys, Random random, Set<String> changed) throws IOException {
    if (random.nextInt(40) == 0) {
      changed.add("");
      return original.substring(0, random.nextInt(original.length() - 1));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(original);
    for (int i = 0; i <= random.nextInt(2); i++) {
      String key = keys.get(random.nextInt(keys.size()));
      changed.add(key);
      if (random.nextInt(8) == 0) {
        config.remove(key);
      } else {
        config.set(key, value(config.path(key), random));
      }
    }
    return config.toString();
  }

  private static JsonNode value(JsonNode old, Random random) throws IOException {
    String[] values = {
      "null",
      "true",
      "false",
      "0",
      "1",
      "2",
      "4",
      "-1",
      "0.5",
      "1.0",
      "1e-5",
      "1e300",
      "3000000000",
      "\"\"",
      "\"gelu\"",
      "\"gelu_new\"",
      "\"relu\"",
      "\"silu\"",
      "\"true\"",
      "\"c_attn\"",
      "\"x\"",
      "\"single_label_classification\"",
      "\"regression\"",
      "\"absolute\"",
      "\"float16\"",
      "[]",
      "{}",
      "[1]",
      "[\"c_attn\"]",
      "[\"classifier\"]",
      "{\"0\": \"a\"}",
      "20",
      "24",
      "8",
      "1.5"
    };
    return old.isIntegralNumber() && random.nextInt(4) == 0
        ? JSON.readTree(Long.toString(old.asLong() + random.nextInt(5) - 2))
        : JSON.readTree(values[random.nextInt(values.length)]);
  }
}
