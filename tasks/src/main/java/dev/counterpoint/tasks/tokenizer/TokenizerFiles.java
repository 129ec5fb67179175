package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.Utf8File;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Creates a tokenizer from the files of a folder, with the same ids as {@code AutoTokenizer} of
 * Transformers 5. For the tokenizer classes of BERT, GPT-2 and RoBERTa, Transformers takes only the
 * vocabulary, merges and added tokens of a {@code tokenizer.json} and creates the other components
 * from {@code tokenizer_config.json}; for {@code PreTrainedTokenizerFast} it uses the file as it
 * is.
 */
final class TokenizerFiles {
  static final String VOCAB_TXT = "vocab.txt";
  static final String VOCAB_JSON = "vocab.json";
  static final String MERGES_TXT = "merges.txt";
  static final String ADDED_TOKENS = "added_tokens.json";
  static final String MODEL_CONFIG = "config.json";

  /** Names of the special tokens by role, in the order in which Transformers adds them. */
  static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final List<String> EXTRA =
      List.of("additional_special_tokens", "extra_special_tokens");
  private static final String DECODER = "added_tokens_decoder";
  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String name;
  private final boolean isFile;
  private final Map<String, byte[]> contents;
  private final ObjectNode settings;
  private final ObjectNode model;
  private final Kind kind;
  private final ObjectNode file;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<String, ObjectNode> added = new HashMap<>();
  private final int modelVocabulary;
  private int highestAdded = -1;
  private final List<String> notes = new ArrayList<>();

  /** Tokenizer class: how the components are created. */
  private enum Kind {
    AS_IS,
    BERT,
    GPT2,
    ROBERTA
  }

  /**
   * Creates a tokenizer from the content of its files, by file name.
   *
   * @param name the folder, or the {@code tokenizer.json}, for messages
   * @param isFile whether the name is that of a {@code tokenizer.json} without other files
   */
  TokenizerFiles(String name, boolean isFile, Map<String, byte[]> contents) {
    this.name = name;
    this.isFile = isFile;
    this.contents = contents;
    settings = object(Tokenizer.CONFIG);
    model = object(MODEL_CONFIG);
    TokenizerJson.check(settings, "tokenizer_config", "", in(Tokenizer.CONFIG));
    TokenizerJson.checkKnown(model, "config", in(MODEL_CONFIG));
    kind = kind();
    file = contents.containsKey(Tokenizer.JSON) ? object(Tokenizer.JSON) : older();
    TokenizerJson.check(file, in(contents.containsKey(Tokenizer.JSON) ? Tokenizer.JSON : source()));
    JsonNode vocabulary = file.at("/model/vocab");
    for (int i = 0; vocabulary.isArray() && i < vocabulary.size(); i++) {
      ids.put(vocabulary.get(i).get(0).asText(), i);
    }
    vocabulary.properties().forEach(token -> ids.put(token.getKey(), token.getValue().asInt()));
    modelVocabulary = ids.size();
  }

  Tokenizer tokenizer() {
    ObjectNode source = file.deepCopy();
    allow("split_special_tokens", "false");
    allow("truncation_side", "right");
    allow("padding_side", "right", "left");
    for (String reset : List.of("truncation", "padding")) {
      if (file.hasNonNull(reset)) {
        notes.add(in(Tokenizer.JSON) + ": the settings of " + reset + " are not used");
      }
      file.putNull(reset);
    }
    ObjectNode roles = roles();
    addTokens(roles);
    components(roles);
    int size = ids.values().stream().mapToInt(id -> id).max().orElse(0) + 1;
    checkPostProcessor(size);
    Tokenizer.Special special = special(roles, source, size);
    for (String role : ROLES) {
      if (!roles.has(role)) {
        defaultNames(role)
            .filter(added::containsKey)
            .findFirst()
            .ifPresent(it -> roles.put(role, it));
      }
    }
    int highest = special.end().stream().mapToInt(id -> id).max().orElse(0);
    highest = Math.max(highest, Math.max(special.begin(), special.padding()));
    byte[] original = contents.getOrDefault(Tokenizer.JSON, new byte[0]);
    return new Tokenizer(
        name,
        file.equals(source) && original.length > 0 ? original : bytes(file),
        exported(roles),
        Math.max(size, highest + 1),
        special,
        notes);
  }

  static byte[] bytes(ObjectNode file) {
    try {
      return new JsonMapper().writeValueAsBytes(file);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Kind kind() {
    JsonNode named = settings.hasNonNull("tokenizer_class") ? settings : model;
    String tokenizerClass = named.path("tokenizer_class").asText("").replaceFirst("Fast$", "");
    boolean isOurs = model.has("counterpoint") && !contents.containsKey(Tokenizer.CONFIG);
    String type = isOurs ? "" : model.path("model_type").asText();
    if (!named.hasNonNull("tokenizer_class") && type.isEmpty()) {
      return contents.containsKey(Tokenizer.JSON) ? Kind.AS_IS : implied();
    }
    return switch (named.hasNonNull("tokenizer_class") ? tokenizerClass : type + " models") {
      case "BertTokenizer", "bert models" -> Kind.BERT;
      case "GPT2Tokenizer", "gpt2 models" -> Kind.GPT2;
      case "RobertaTokenizer", "roberta models" -> Kind.ROBERTA;
      case "PreTrainedTokenizer", "TokenizersBackend" -> Kind.AS_IS;
      default ->
          throw TokenizerJson.invalid(
              in(settings.hasNonNull("tokenizer_class") ? Tokenizer.CONFIG : MODEL_CONFIG),
              named.hasNonNull("tokenizer_class") ? "tokenizer_class" : "model_type",
              named.path(named.hasNonNull("tokenizer_class") ? "tokenizer_class" : "model_type"),
              "a supported tokenizer: BertTokenizer, GPT2Tokenizer, RobertaTokenizer or"
                  + " PreTrainedTokenizerFast; bert, gpt2 or roberta. To use a tokenizer.json as it"
                  + " is, name the file itself as data.tokenizer.path");
    };
  }

  /** The class of older files without a model: GPT-2 and RoBERTa have the same file names. */
  private Kind implied() {
    Kind implied = contents.containsKey(VOCAB_TXT) ? Kind.BERT : Kind.GPT2;
    boolean isKnown = implied == Kind.BERT || object(VOCAB_JSON).has(END_OF_TEXT);
    if (contents.containsKey(MODEL_CONFIG) || !isKnown) {
      throw new InvalidSettings(
          in(MODEL_CONFIG)
              + " has no model_type, so the kind of tokenizer is not known; set it, or"
              + " tokenizer_class in tokenizer_config.json, such as BertTokenizer.");
    }
    return implied;
  }

  private String source() {
    return kind == Kind.BERT ? VOCAB_TXT : VOCAB_JSON + " with " + MERGES_TXT;
  }

  /** Creates a file from the older formats. */
  private ObjectNode older() {
    ObjectNode older = OlderFormats.empty();
    older.putNull("normalizer").putNull("pre_tokenizer").putNull("post_processor");
    older.putNull("decoder");
    if (kind == Kind.BERT) {
      ObjectNode pieces = OlderFormats.ofType("WordPiece").put("unk_token", unknownToken());
      pieces.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
      pieces.set("vocab", OlderFormats.vocabulary(text(VOCAB_TXT)));
      older.set("model", pieces);
    } else {
      ObjectNode pairs = OlderFormats.ofType("BPE").putNull("dropout").putNull("unk_token");
      pairs.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
      pairs.put("fuse_unk", false);
      pairs.set("vocab", TokenizerJson.object(content(VOCAB_JSON), in(VOCAB_JSON)));
      pairs.set("merges", OlderFormats.merges(text(MERGES_TXT)));
      older.set("model", pairs);
    }
    return older;
  }

  private byte[] content(String needed) {
    byte[] content = contents.get(needed);
    if (content == null || kind == Kind.AS_IS) {
      throw new InvalidSettings(
          name
              + " has no "
              + (kind == Kind.AS_IS ? Tokenizer.JSON : needed)
              + ", which its tokenizer class needs.");
    }
    return content;
  }

  private String text(String needed) {
    return Utf8File.decode(content(needed), in(needed));
  }

  private String in(String part) {
    return isFile && part.equals(Tokenizer.JSON) ? name : name + "/" + part;
  }

  private ObjectNode object(String part) {
    byte[] content = contents.get(part);
    return content == null ? NODES.objectNode() : TokenizerJson.object(content, in(part));
  }

  private void allow(String key, String... values) {
    if (settings.hasNonNull(key) && !List.of(values).contains(settings.get(key).asText())) {
      throw TokenizerJson.invalid(
          in(Tokenizer.CONFIG), key, settings.get(key), String.join(" or ", values));
    }
  }

  /** The special tokens by role, as text or as object with {@code content}. */
  private ObjectNode roles() {
    ObjectNode roles = NODES.objectNode();
    defaultRoles().forEach(roles::put);
    override(roles, settings, Tokenizer.CONFIG);
    if (!settings.has(DECODER)) {
      ObjectNode map = object(Tokenizer.SPECIAL_TOKENS);
      TokenizerJson.check(map, "special_tokens_map", "", in(Tokenizer.SPECIAL_TOKENS));
      override(roles, map, Tokenizer.SPECIAL_TOKENS);
    }
    return roles;
  }

  private Map<String, String> defaultRoles() {
    return switch (kind) {
      case AS_IS -> Map.of();
      case GPT2 ->
          Map.of("bos_token", END_OF_TEXT, "eos_token", END_OF_TEXT, "unk_token", END_OF_TEXT);
      case BERT ->
          Map.of(
              "unk_token", "[UNK]",
              "sep_token", "[SEP]",
              "pad_token", "[PAD]",
              "cls_token", "[CLS]",
              "mask_token", "[MASK]");
      case ROBERTA ->
          Map.of(
              "bos_token", "<s>",
              "eos_token", "</s>",
              "unk_token", "<unk>",
              "sep_token", "</s>",
              "pad_token", "<pad>",
              "cls_token", "<s>",
              "mask_token", "<mask>");
    };
  }

  private void override(ObjectNode roles, JsonNode by, String part) {
    for (String role : ROLES) {
      JsonNode value = by.path(role);
      if (value.isObject() && (part.equals(Tokenizer.SPECIAL_TOKENS) || isTyped(value))) {
        TokenizerJson.check(value, "special_token", role, in(part));
      } else if (!value.isTextual() && !value.isNull() && !value.isMissingNode()) {
        throw TokenizerJson.invalid(in(part), role, value, "a token");
      }
      if (value.isNull()) {
        roles.remove(role);
      } else if (!value.isMissingNode()) {
        roles.set(role, value);
      }
    }
    for (String key : EXTRA) {
      boolean isList = by.path(key).isArray();
      for (JsonNode token : by.path(key)) {
        boolean isFlagged = part.equals(Tokenizer.SPECIAL_TOKENS) && key.equals(EXTRA.get(1));
        isList &= token.isTextual() || isFlagged || isTyped(token);
        if (token.isObject()) {
          TokenizerJson.check(token, "special_token", key, in(part));
        }
      }
      if (by.hasNonNull(key) && !isList) {
        throw TokenizerJson.invalid(in(part), key, by.get(key), "an array of tokens");
      }
      if (!by.path(key).isEmpty()) {
        roles.set(EXTRA.get(0), by.get(key));
      }
    }
  }

  private static boolean isTyped(JsonNode token) {
    return token.path("__type").asText().equals("AddedToken");
  }

  private String unknownToken() {
    return content(roles().path("unk_token"));
  }

  private static String content(JsonNode token) {
    return token.isObject() ? token.path("content").asText() : token.asText();
  }

  /** Replaces the added tokens by those that Transformers adds, in its order. */
  private void addTokens(ObjectNode roles) {
    JsonNode own = file.path("added_tokens");
    if (kind == Kind.AS_IS) {
      own.forEach(token -> add(token, token.get("id").asInt(), in(Tokenizer.JSON)));
    }
    SortedMap<Integer, JsonNode> decoder = new TreeMap<>();
    String part = ADDED_TOKENS;
    if (settings.has(DECODER)) {
      part = Tokenizer.CONFIG;
      settings.get(DECODER).properties().forEach(token -> decode(decoder, token));
    } else {
      List<String> specials = new ArrayList<>();
      ROLES.forEach(role -> specials.add(content(roles.path(role))));
      roles.path(EXTRA.get(0)).forEach(token -> specials.add(content(token)));
      for (Map.Entry<String, JsonNode> token : object(ADDED_TOKENS).properties()) {
        if (!token.getValue().canConvertToInt() || !token.getValue().isIntegralNumber()) {
          throw TokenizerJson.invalid(in(part), token.getKey(), token.getValue(), "an id");
        }
        boolean special = specials.contains(token.getKey());
        decoder.put(token.getValue().asInt(), special(token.getKey(), special));
      }
      own.forEach(token -> decoder.put(token.get("id").asInt(), token));
    }
    String origin = in(contents.containsKey(part) ? part : Tokenizer.JSON);
    decoder.forEach((id, token) -> add(token, id, origin));
    Set<String> known = Set.copyOf(added.keySet());
    Set<JsonNode> special = new LinkedHashSet<>(); // a token can be given as text and with flags
    ROLES.stream().filter(roles::has).map(roles::get).forEach(special::add);
    roles.path(EXTRA.get(0)).forEach(special::add);
    for (JsonNode token : special) {
      boolean isDefault = defaultRoles().containsValue(content(token));
      boolean hasRow = !isDefault || ids.containsKey(content(token)) || nextId() < modelRows();
      if (!known.contains(content(token)) && hasRow) {
        addSpecial(token);
      }
    }
    List<ObjectNode> tokens = new ArrayList<>(added.values());
    tokens.sort(Comparator.comparingInt(token -> token.path("id").asInt()));
    file.putArray("added_tokens").addAll(tokens);
  }

  private void decode(SortedMap<Integer, JsonNode> decoder, Map.Entry<String, JsonNode> token) {
    String key = DECODER + "." + token.getKey();
    if (!token.getKey().matches("\\d{1,9}")) {
      throw TokenizerJson.invalid(in(Tokenizer.CONFIG), key, token.getValue(), "listed by id");
    }
    TokenizerJson.check(token.getValue(), "special_token", key, in(Tokenizer.CONFIG));
    decoder.put(Integer.parseInt(token.getKey()), token.getValue());
  }

  /** The rows of the model's token embedding; without a limit if they are not known. */
  private int modelRows() {
    return model.path("vocab_size").asInt(Integer.MAX_VALUE);
  }

  private void addSpecial(JsonNode token) {
    if (token.isObject()) {
      ObjectNode special = token.deepCopy();
      add(special.put("special", true), null, "");
    } else if (!token.isMissingNode()) {
      add(special(token.asText(), true), null, "");
    }
  }

  private static ObjectNode special(String content, boolean special) {
    return NODES.objectNode().put("content", content).put("special", special);
  }

  /** Adds or replaces a token, with the id that the tokenizers library assigns. */
  private void add(JsonNode token, @Nullable Integer id, String origin) {
    String content = token.path("content").asText();
    if (content.isEmpty()) {
      return;
    }
    int assigned = ids.getOrDefault(content, nextId());
    if (id != null && id != assigned) {
      throw TokenizerJson.invalid(
          origin, "the id of " + content, NODES.numberNode(id), assigned + ", the next free id");
    }
    ids.put(content, assigned);
    highestAdded = Math.max(highestAdded, assigned);
    boolean special = token.path("special").asBoolean();
    ObjectNode entry = VocabularyBuilder.special(assigned, content).put("special", special);
    for (String flag : List.of("single_word", "lstrip", "rstrip")) {
      entry.put(flag, token.path(flag).asBoolean());
    }
    added.put(content, entry.put("normalized", token.path("normalized").asBoolean(!special)));
  }

  private int nextId() {
    return Math.max(modelVocabulary, highestAdded + 1);
  }

  private void components(ObjectNode roles) {
    ObjectNode pieces = (ObjectNode) file.get("model");
    String needed = kind == Kind.BERT ? "WordPiece" : "BPE";
    if (kind != Kind.AS_IS && !TokenizerJson.modelType(pieces).equals(needed)) {
      throw TokenizerJson.invalid(
          in(Tokenizer.JSON),
          "model.type",
          pieces.path("type"),
          needed + " for the tokenizer class of the folder");
    }
    boolean prefix = settings.path("add_prefix_space").asBoolean();
    String begin = content(roles.path("cls_token"));
    String end = content(roles.path("sep_token"));
    switch (kind) {
      case AS_IS -> {}
      case BERT -> {
        String unknown = content(roles.path("unk_token"));
        require(roles, "unk_token", file.at("/model/vocab").has(unknown));
        require(roles, "cls_token", ids.containsKey(begin));
        require(roles, "sep_token", ids.containsKey(end));
        pieces.put("unk_token", unknown).put("continuing_subword_prefix", "##");
        pieces.put("max_input_chars_per_word", 100);
        file.set("normalizer", normalizer());
        file.set("pre_tokenizer", OlderFormats.ofType("BertPreTokenizer"));
        file.set("post_processor", OlderFormats.template(ids, begin, end));
        file.set(
            "decoder", OlderFormats.ofType("WordPiece").put("prefix", "##").put("cleanup", true));
      }
      case GPT2, ROBERTA -> {
        pieces.putNull("unk_token").put("fuse_unk", false);
        pieces.remove(List.of("byte_fallback", "ignore_merges"));
        for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
          if (!pieces.path(affix).asText("").isEmpty() && !pieces.path(affix).isNull()) {
            pieces.put(affix, "");
          }
        }
        file.putNull("normalizer");
        set("pre_tokenizer", OlderFormats.byteLevel(prefix, true));
        if (kind == Kind.ROBERTA) {
          require(roles, "cls_token", ids.containsKey(begin));
          require(roles, "sep_token", ids.containsKey(end));
          ObjectNode roberta = OlderFormats.ofType("RobertaProcessing");
          roberta.putArray("sep").add(end).add(ids.get(end));
          roberta.putArray("cls").add(begin).add(ids.get(begin));
          roberta.put("trim_offsets", settings.path("trim_offsets").asBoolean(true));
          file.set("post_processor", roberta.put("add_prefix_space", prefix));
        } else if (!contents.containsKey(Tokenizer.JSON)) {
          file.set("post_processor", sequences(roles));
        }
        set("decoder", OlderFormats.byteLevel(true, true));
      }
    }
  }

  /** Sets a component; an equal one of an old file, without {@code use_regex}, is not changed. */
  private void set(String key, ObjectNode component) {
    if (!component.deepCopy().without("use_regex").equals(file.path(key))) {
      file.set(key, component);
    }
  }

  private JsonNode sequences(ObjectNode roles) {
    String begin =
        settings.path("add_bos_token").asBoolean() ? content(roles.path("bos_token")) : "";
    String end = settings.path("add_eos_token").asBoolean() ? content(roles.path("eos_token")) : "";
    return begin.isEmpty() && end.isEmpty()
        ? OlderFormats.byteLevel(true, false)
        : OlderFormats.sequences(ids, begin, end);
  }

  private void require(ObjectNode roles, String role, boolean found) {
    if (!found) {
      throw TokenizerJson.invalid(
          in(contents.containsKey(Tokenizer.JSON) ? Tokenizer.JSON : source()),
          role,
          roles.path(role),
          "in the vocabulary");
    }
  }

  private ObjectNode normalizer() {
    boolean chinese = settings.path("tokenize_chinese_chars").asBoolean(true);
    ObjectNode normalizer = OlderFormats.ofType("BertNormalizer").put("clean_text", true);
    normalizer.put("handle_chinese_chars", chinese).putNull("strip_accents");
    if (settings.hasNonNull("strip_accents")) {
      normalizer.put("strip_accents", settings.path("strip_accents").asBoolean());
    }
    return normalizer.put("lowercase", settings.path("do_lower_case").asBoolean(true));
  }

  private void checkPostProcessor(int size) {
    List<JsonNode> found = new ArrayList<>(file.path("post_processor").findValues("ids"));
    found.addAll(file.path("post_processor").findValues("sep"));
    found.addAll(file.path("post_processor").findValues("cls"));
    for (JsonNode tokens : found) {
      for (JsonNode id : tokens) {
        if (id.isNumber() && id.asInt() >= size) {
          throw TokenizerJson.invalid(
              in(Tokenizer.JSON), "post_processor", tokens, "an id below " + size);
        }
      }
    }
  }

  private Tokenizer.Special special(ObjectNode roles, ObjectNode source, int size) {
    List<Integer> end = configured("eos_token_id", size);
    end = end.isEmpty() ? named(roles, "eos_token") : end;
    end = end.isEmpty() ? named(roles, "sep_token") : end;
    List<Integer> padding =
        roles.has("pad_token") ? named(roles, "pad_token") : configured("pad_token_id", size);
    padding = padding.isEmpty() ? named(roles, "pad_token") : padding;
    int padded = source.path("padding").path("pad_id").asInt(size);
    padding = padding.isEmpty() && padded < size ? List.of(padded) : padding;
    List<Integer> unknown = unknown(roles);
    padding = padding.isEmpty() ? end : padding;
    padding = padding.isEmpty() ? unknown : padding;
    if (padding.isEmpty()) {
      throw new InvalidSettings(
          name
              + " has no padding, end-of-text or unknown token; set pad_token in "
              + Tokenizer.CONFIG
              + ".");
    }
    end = end.isEmpty() ? padding.subList(0, 1) : end;
    List<Integer> begin = configured("bos_token_id", size);
    begin = begin.isEmpty() ? named(roles, "bos_token") : begin;
    return new Tokenizer.Special(
        padding.get(0),
        (unknown.isEmpty() ? end : unknown).get(0),
        (begin.isEmpty() ? end : begin).get(0),
        end);
  }

  private List<Integer> unknown(ObjectNode roles) {
    JsonNode pieces = file.path("model");
    if (pieces.hasNonNull("unk_id")) {
      return List.of(pieces.path("unk_id").asInt());
    }
    return pieces.hasNonNull("unk_token")
        ? List.of(ids.getOrDefault(pieces.path("unk_token").asText(), 0))
        : named(roles, "unk_token");
  }

  /** The id of the token with a role, or else of a token with the usual name of that role. */
  private List<Integer> named(ObjectNode roles, String role) {
    Integer id = ids.get(content(roles.path(role)));
    return id != null
        ? List.of(id)
        : defaultNames(role).filter(ids::containsKey).map(ids::get).limit(1).toList();
  }

  private static Stream<String> defaultNames(String role) {
    return switch (role) {
      case "bos_token" -> Stream.of(END_OF_TEXT, "<s>");
      case "eos_token" -> Stream.of(END_OF_TEXT, "</s>");
      case "unk_token" -> Stream.of("[UNK]", "<unk>");
      case "sep_token" -> Stream.of("[SEP]");
      case "pad_token" -> Stream.of("[PAD]", "<pad>");
      case "cls_token" -> Stream.of("[CLS]");
      default -> Stream.of("[MASK]", "<mask>");
    };
  }

  /** The ids that generation_config.json or config.json sets for a key. */
  private List<Integer> configured(String key, int size) {
    boolean isUnlimited = model.has("vocab_size") || !contents.containsKey(MODEL_CONFIG);
    int limit = isUnlimited ? Math.max(size, modelRows()) : size;
    for (String part : List.of(Tokenizer.GENERATION, MODEL_CONFIG)) {
      JsonNode value = object(part).path(key);
      List<Integer> found = new ArrayList<>();
      for (JsonNode id : value.isArray() ? value : NODES.arrayNode().add(value)) {
        if (id.isNull() || id.isMissingNode()) {
          continue;
        }
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
          throw TokenizerJson.invalid(in(part), key, value, "a token id");
        }
        if (id.asInt() < limit) {
          found.add(id.asInt());
        } else {
          notes.add(in(part) + ": " + key + " " + id + " is not used: it is not in the vocabulary");
        }
      }
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  private ObjectNode exported(ObjectNode roles) {
    ObjectNode config = NODES.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("clean_up_tokenization_spaces", false);
    for (String role : ROLES) {
      if (added.containsKey(content(roles.path(role)))) {
        config.put(role, content(roles.path(role)));
      }
    }
    ArrayNode extra = NODES.arrayNode();
    roles.path(EXTRA.get(0)).forEach(token -> extra.add(content(token)));
    if (!extra.isEmpty()) {
      config.set(EXTRA.get(0), extra);
    }
    for (String key : List.of("chat_template", "padding_side")) {
      if (settings.hasNonNull(key)) {
        config.set(key, settings.get(key));
      }
    }
    if (file.path("pre_tokenizer").has("add_prefix_space")) {
      config.set("add_prefix_space", file.path("pre_tokenizer").get("add_prefix_space"));
    }
    JsonNode length =
        settings.hasNonNull("model_max_length")
            ? settings.get("model_max_length")
            : settings.path("max_len");
    if (length.isNumber() && length.asDouble() < 1) {
      throw TokenizerJson.invalid(in(Tokenizer.CONFIG), "model_max_length", length, "at least 1");
    }
    if (length.asDouble() > 0 && length.asDouble() < Integer.MAX_VALUE) {
      config.put("model_max_length", length.asInt());
    }
    return config;
  }
}
