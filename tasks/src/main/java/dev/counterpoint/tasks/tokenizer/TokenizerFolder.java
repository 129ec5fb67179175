package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.FolderListing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tokenizer of a pretrained model: a {@code tokenizer.json}, or the older formats {@code
 * vocab.txt} (BERT) and {@code vocab.json} with {@code merges.txt} (GPT-2). The older formats are
 * converted to an equivalent {@code tokenizer.json}.
 */
public final class TokenizerFolder {
  private static final String TOKENIZER_JSON = "tokenizer.json";
  private static final String VOCAB_TXT = "vocab.txt";
  private static final String VOCAB_JSON = "vocab.json";
  private static final String MERGES_TXT = "merges.txt";
  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private TokenizerFolder() {}

  /** Whether a folder contains a tokenizer. */
  public static boolean isIn(Path folder) {
    return has(folder, TOKENIZER_JSON)
        || has(folder, VOCAB_TXT)
        || (has(folder, VOCAB_JSON) && has(folder, MERGES_TXT));
  }

  /**
   * Returns the content of a {@code tokenizer.json}.
   *
   * @param path a {@code tokenizer.json}, or a folder with a tokenizer in any of the three formats
   * @throws InvalidSettings if there is no tokenizer
   */
  public static byte[] json(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      return Files.readAllBytes(path);
    }
    if (has(path, TOKENIZER_JSON)) {
      return Files.readAllBytes(path.resolve(TOKENIZER_JSON));
    }
    if (has(path, VOCAB_TXT)) {
      return JSON.writeValueAsBytes(wordPieces(path));
    }
    if (has(path, VOCAB_JSON) && has(path, MERGES_TXT)) {
      return JSON.writeValueAsBytes(bytePairs(path));
    }
    throw missing(path);
  }

  /**
   * Returns the path of the configured tokenizer, otherwise of the model's previous tokenizer; null
   * if a tokenizer must be built.
   *
   * @throws InvalidSettings if the configured path has no tokenizer
   */
  public static @Nullable Path find(TokenizerSettings settings, DataContext context) {
    if (settings.path() == null) {
      return context.tokenizer();
    }
    Path path = context.files().apply(settings.path());
    if (!Files.isRegularFile(path) && !isIn(path)) {
      throw missing(path);
    }
    return path;
  }

  private static InvalidSettings missing(Path path) {
    return new InvalidSettings(
        "The tokenizer "
            + path
            + (Files.isDirectory(path)
                ? " is a folder without tokenizer.json, vocab.txt, or vocab.json with merges.txt."
                    + " Set data.tokenizer.path to the tokenizer of the model. "
                    + FolderListing.within(path)
                : " is not a file. " + FolderListing.of(path)));
  }

  /** Builds a tokenizer with the vocabulary of the given texts. */
  public static byte[] build(TokenizerSettings settings, List<String> texts) throws IOException {
    VocabularyBuilder vocabulary = new VocabularyBuilder(settings);
    texts.forEach(vocabulary::add);
    return vocabulary.toJson();
  }

  private static boolean has(Path folder, String file) {
    return Files.isRegularFile(folder.resolve(file));
  }

  private static ObjectNode wordPieces(Path folder) throws IOException {
    JsonNode settings = settings(folder);
    ObjectNode file = empty();
    ObjectNode model = ofType("WordPiece");
    model.put("unk_token", "[UNK]");
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = model.putObject("vocab");
    int id = 0;
    for (String token : Files.readAllLines(folder.resolve(VOCAB_TXT))) {
      vocabulary.put(token, id++);
    }
    for (String special : List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")) {
      addSpecial(file, vocabulary, special);
    }
    ObjectNode normalizer = ofType("BertNormalizer").put("clean_text", true);
    normalizer.put("handle_chinese_chars", settings.path("tokenize_chinese_chars").asBoolean(true));
    normalizer.set("strip_accents", settings.path("strip_accents").deepCopy());
    if (!normalizer.path("strip_accents").isBoolean()) {
      normalizer.putNull("strip_accents");
    }
    normalizer.put("lowercase", settings.path("do_lower_case").asBoolean(true));
    file.set("normalizer", normalizer);
    file.set("pre_tokenizer", ofType("BertPreTokenizer"));
    file.set("post_processor", bertPostProcessor(vocabulary));
    file.set("decoder", ofType("WordPiece").put("prefix", "##").put("cleanup", true));
    file.set("model", model);
    return file;
  }

  /** BERT's post-processor: [CLS] before a text, [SEP] after it and after a second text. */
  static ObjectNode bertPostProcessor(JsonNode vocabulary) {
    ObjectNode template = ofType("TemplateProcessing");
    ArrayNode single = template.putArray("single");
    single.add(special("[CLS]", 0)).add(sequence("A", 0)).add(special("[SEP]", 0));
    ArrayNode pair = template.putArray("pair").addAll(single.deepCopy());
    pair.add(sequence("B", 1)).add(special("[SEP]", 1));
    ObjectNode tokens = template.putObject("special_tokens");
    for (String token : List.of("[CLS]", "[SEP]")) {
      ObjectNode entry = tokens.putObject(token).put("id", token);
      entry.putArray("ids").add(vocabulary.path(token).asInt());
      entry.putArray("tokens").add(token);
    }
    return template;
  }

  private static ObjectNode special(String token, int type) {
    ObjectNode part = NODES.objectNode();
    part.putObject("SpecialToken").put("id", token).put("type_id", type);
    return part;
  }

  private static ObjectNode sequence(String text, int type) {
    ObjectNode part = NODES.objectNode();
    part.putObject("Sequence").put("id", text).put("type_id", type);
    return part;
  }

  private static ObjectNode bytePairs(Path folder) throws IOException {
    ObjectNode file = empty();
    ObjectNode model = ofType("BPE").putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false);
    JsonNode vocabulary = read(folder.resolve(VOCAB_JSON));
    model.set("vocab", vocabulary);
    ArrayNode merges = model.putArray("merges");
    Files.readAllLines(folder.resolve(MERGES_TXT)).stream()
        .filter(line -> !line.startsWith("#version") && !line.isBlank())
        .forEach(merges::add);
    addSpecial(file, vocabulary, END_OF_TEXT);
    file.putNull("normalizer");
    file.set("pre_tokenizer", byteLevel(false, true));
    file.set("post_processor", byteLevel(true, false));
    file.set("decoder", byteLevel(true, true));
    file.set("model", model);
    return file;
  }

  private static ObjectNode byteLevel(boolean prefix, boolean trim) {
    return ofType("ByteLevel")
        .put("add_prefix_space", prefix)
        .put("trim_offsets", trim)
        .put("use_regex", true);
  }

  private static JsonNode settings(Path folder) throws IOException {
    return has(folder, "tokenizer_config.json")
        ? read(folder.resolve("tokenizer_config.json"))
        : NODES.objectNode();
  }

  private static JsonNode read(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new InvalidSettings(file + " is not JSON: " + e.getOriginalMessage());
    }
  }

  static ObjectNode empty() {
    ObjectNode file = NODES.objectNode();
    file.put("version", "1.0").putNull("truncation").putNull("padding");
    file.putArray("added_tokens");
    return file;
  }

  private static void addSpecial(ObjectNode file, JsonNode vocabulary, String token) {
    if (vocabulary.has(token)) {
      file.withArray("added_tokens")
          .add(VocabularyBuilder.special(vocabulary.path(token).asInt(), token));
    }
  }

  static ObjectNode ofType(String type) {
    return NODES.objectNode().put("type", type);
  }
}
