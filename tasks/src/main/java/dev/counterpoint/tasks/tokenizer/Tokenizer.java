package dev.counterpoint.tasks.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.NativeFailure;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.kernel.NativeLibraries;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A tokenizer in the format of the Hugging Face tokenizers library.
 *
 * @param name the file or folder for messages
 * @param json the content of {@code tokenizer.json}, without truncation and padding
 * @param settings the content of {@code tokenizer_config.json}: the special tokens by role
 * @param vocabularySize the number of token ids, which range from 0 to this value, exclusive
 * @param special the ids of special tokens
 * @param maxText the maximum number of characters of a text
 * @param notes notes for the user about settings that are not used
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Tokenizer(
    String name,
    byte[] json,
    ObjectNode settings,
    int vocabularySize,
    Special special,
    int maxText,
    List<String> notes) {
  /** The maximum length that disables truncation. */
  public static final int UNLIMITED = 1_000_000_000;

  /** The file with the settings of Transformers for a tokenizer. */
  public static final String CONFIG = "tokenizer_config.json";

  static final String JSON = "tokenizer.json";
  static final String SPECIAL_TOKENS = "special_tokens_map.json";
  static final String GENERATION = "generation_config.json";

  /**
   * Ids of special tokens.
   *
   * @param padding the token that pads short texts. Padding positions are always masked
   * @param unknown the unknown token, also used for a text without tokens; the end-of-text token if
   *     the tokenizer has no unknown token
   * @param begin the token that begins a text
   * @param end the tokens that end a text. The first one separates the documents of a training text
   */
  public record Special(int padding, int unknown, int begin, List<Integer> end) {}

  /** Reads a {@code tokenizer.json} without other files. */
  public static Tokenizer of(byte[] json, String name) {
    return new TokenizerFiles(name, true, Map.of(JSON, json)).tokenizer();
  }

  /** A hash of everything that token ids depend on. */
  public String key() {
    String all = Sha256.of(json) + settings + vocabularySize + special;
    return Sha256.of(all);
  }

  /** The tokens that end a generated text. */
  public Set<Long> stopTokens() {
    return special.end.stream().map(Integer::longValue).collect(Collectors.toSet());
  }

  /** Whether a token is the unknown token; false if the tokenizer has none. */
  public boolean isUnknown(long id) {
    return id == special.unknown
        && id != special.padding
        && special.end.stream().noneMatch(end -> end == id);
  }

  /** The smaller of a maximum length and {@code model_max_length}. */
  public int limit(int maxLength) {
    return (int) Math.min(maxLength, settings.path("model_max_length").asDouble(maxLength));
  }

  /**
   * The length of each token in UTF-8, by its id; 0 for special tokens. Empty unless the tokenizer
   * has tokens of characters or, as GPT-2, of bytes.
   */
  public int[] byteLengths() {
    ObjectNode file = TokenizerJson.object(json, "any", name);
    String decoder = file.path("decoder").path("type").asText();
    boolean isOfBytes = decoder.equals("ByteLevel");
    JsonNode vocabulary = file.at("/model/vocab");
    if (!vocabulary.isObject() || !(isOfBytes || decoder.equals("Fuse"))) {
      return new int[0];
    }
    int[] lengths = new int[vocabularySize];
    for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
      String text = token.getKey();
      lengths[token.getValue().asInt()] =
          isOfBytes ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    }
    for (JsonNode added : file.path("added_tokens")) {
      int length = added.path("content").asText().getBytes(StandardCharsets.UTF_8).length;
      lengths[added.path("id").asInt()] = added.path("special").asBoolean() ? 0 : length;
    }
    return lengths;
  }

  /** A specification of text data with the tokens of this tokenizer. */
  public DataSpec spec(List<String> labels) {
    return DataSpec.ofText(vocabularySize, special.padding, labels)
        .withSpecialTokens(special.begin, special.end);
  }

  /**
   * Returns a tokenizer that adds no special tokens to a text, as language modeling needs it:
   * training texts are continuous, and a prompt is the beginning of a text.
   */
  public Tokenizer withoutFraming() {
    ObjectNode file = TokenizerJson.object(json, "any", name);
    JsonNode processor = file.path("post_processor");
    if (processor.isNull() || processor.path("type").asText().equals("ByteLevel")) {
      return this;
    }
    byte[] unframed = TokenizerFiles.bytes(file.putNull("post_processor"));
    return new Tokenizer(name, unframed, settings, vocabularySize, special, maxText, notes);
  }

  /**
   * Creates the native tokenizer.
   *
   * @param truncation as that of {@link HuggingFaceTokenizer#newInstance(java.io.InputStream, Map)}
   * @param maxLength the maximum number of tokens, if texts are truncated
   * @param stride the number of tokens that overflowing parts share with the part before them
   * @throws InvalidSettings if the library does not accept the file
   */
  public HuggingFaceTokenizer load(String truncation, int maxLength, int stride)
      throws IOException {
    String length = Integer.toString(maxLength);
    Map<String, String> options =
        Map.of(
            "truncation", truncation,
            "maxLength", length,
            "modelMaxLength", length,
            "stride", Integer.toString(stride),
            "padding", "false");
    return load(json, name, options);
  }

  /** Creates a native tokenizer of the content of a {@code tokenizer.json}. */
  static HuggingFaceTokenizer load(byte[] json, String name, Map<String, String> options)
      throws IOException {
    NativeLibraries.load("tokenizers", LibUtils::checkStatus);
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
    } catch (RuntimeException e) {
      throw failure(name, "be read as a tokenizer", e);
    }
  }

  /**
   * Encodes a text, the words of a text, or a pair of texts. The library's own batches abort the
   * process on an error.
   *
   * @throws InvalidSettings if the texts are too long
   */
  public Encoding encode(Supplier<Encoding> call, String... texts) {
    long length = Arrays.stream(texts).mapToLong(String::length).sum();
    if (length > maxText) {
      throw new InvalidSettings(
          "A text of %s characters is too long for %s, which accepts %s: %s",
          length, name, maxText, Excerpt.of(texts[0]));
    }
    return run("encode a text", call);
  }

  /** Runs an operation of the native tokenizer, and names the operation in its exceptions. */
  <T> T run(String operation, Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      throw failure(name, operation, e);
    }
  }

  /**
   * Checks the tokens that remain for a text beside special tokens.
   *
   * @param empty an encoding of an empty text, or pair of texts
   * @param maxLength the maximum number of tokens
   * @param reserved the number of tokens that windows share, and of a question
   */
  public void checkRoom(Encoding empty, int maxLength, int reserved) {
    int special = empty.getIds().length;
    if (maxLength - special <= reserved) {
      throw new InvalidSettings(
          "maxLength %s leaves no room for text: %s adds %s special tokens%s.",
          maxLength,
          name,
          special,
          reserved == 0 ? "" : ", and windows need " + reserved + " others");
    }
  }

  private static InvalidSettings failure(String name, String operation, RuntimeException e) {
    return new InvalidSettings(
        NativeFailure.explain(e).orElse(name + " cannot " + operation + ": " + e.getMessage()));
  }

  /**
   * The id of the token that replaces a masked one: {@code mask_token} of the settings, [MASK] or
   * {@code <mask>}.
   *
   * @throws InvalidSettings if the tokenizer has none
   */
  public int mask() {
    Map<String, Integer> ids = ids();
    JsonNode role = settings.path("mask_token");
    return Stream.of(
            role.isTextual() ? role.asText() : role.path("content").asText(),
            VocabularyBuilder.MASK,
            "<mask>")
        .filter(ids::containsKey)
        .map(ids::get)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "%s has no token [MASK], which masked language modeling needs.", name));
  }

  /**
   * The ids of tokens that are part of a word but not its first token: those that begin with ##.
   */
  public Set<Integer> continuations() {
    return ids().entrySet().stream()
        .filter(it -> it.getKey().length() > 2 && it.getKey().startsWith("##"))
        .map(Map.Entry::getValue)
        .collect(Collectors.toSet());
  }

  /** The ids of special tokens, such as [CLS]. */
  public Set<Integer> specialIds() {
    Set<Integer> ids = new HashSet<>(Set.of(special.padding, special.unknown, special.begin));
    ids.addAll(special.end);
    TokenizerJson.object(json, "any", name)
        .path("added_tokens")
        .valueStream()
        .filter(token -> token.path("special").asBoolean())
        .forEach(token -> ids.add(token.path("id").asInt()));
    return ids;
  }

  private Map<String, Integer> ids() {
    ObjectNode file = TokenizerJson.object(json, "any", name);
    Map<String, Integer> ids = new HashMap<>();
    file.at("/model/vocab").properties().forEach(it -> ids.put(it.getKey(), it.getValue().asInt()));
    file.path("added_tokens")
        .valueStream()
        .forEach(token -> ids.put(token.path("content").asText(), token.path("id").asInt()));
    return ids;
  }

  /** Saves the files from which {@link TokenizerFolder#open} recreates the tokenizer. */
  public void save(Path folder) throws IOException {
    for (Map.Entry<String, DataSplits.ModelFile> file :
        filesForGeneration(Integer.MAX_VALUE).entrySet()) {
      file.getValue().writeTo(folder.resolve(file.getKey()));
    }
  }

  /**
   * The files of this tokenizer in a model folder. Transformers reads the same ids from them.
   *
   * @param maxLength the maximum number of tokens of a text
   */
  public Map<String, DataSplits.ModelFile> files(int maxLength) {
    ObjectNode config = settings.deepCopy();
    if (maxLength < Integer.MAX_VALUE) {
      config.put("model_max_length", maxLength);
    }
    config.putArray("model_input_names").add("input_ids").add("attention_mask");
    ObjectNode roles = config.deepCopy().retain(TokenizerFiles.ROLES);
    Map<String, DataSplits.ModelFile> files = new HashMap<>();
    files.put(JSON, file -> Files.write(file, json));
    files.put(CONFIG, file -> write(file, config));
    files.put(SPECIAL_TOKENS, file -> write(file, roles));
    return files;
  }

  /** Like {@link #files}, with the token ids that Transformers needs to generate text. */
  public Map<String, DataSplits.ModelFile> filesForGeneration(int maxLength) {
    ObjectNode generation = JsonNodeFactory.instance.objectNode();
    generation.put("bos_token_id", special.begin);
    Object end = special.end.size() == 1 ? special.end.get(0) : special.end;
    generation.set("eos_token_id", Json.MAPPER.valueToTree(end));
    generation.put("pad_token_id", special.padding);
    Map<String, DataSplits.ModelFile> files = files(maxLength);
    files.put(GENERATION, file -> write(file, generation));
    return files;
  }

  private static void write(Path file, ObjectNode content) throws IOException {
    Files.writeString(file, content.toPrettyString() + "\n");
  }
}
