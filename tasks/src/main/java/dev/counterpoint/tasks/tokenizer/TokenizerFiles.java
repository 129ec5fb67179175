package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Creates a tokenizer from the files of a folder, with the same ids as {@code AutoTokenizer} of
 * Transformers 5. For the tokenizer classes of BERT, GPT-2 and RoBERTa, Transformers takes only the
 * vocabulary, merges and added tokens of a {@code tokenizer.json} and creates the other components
 * from {@code tokenizer_config.json}; for {@code PreTrainedTokenizerFast} it uses the file as it
 * is.
 *
 * <p>{@code tokenizers.json} contains these components by family. In it, {@code $} refers to a
 * special token or an option, and {@code #} to the id of a special token.
 */
final class TokenizerFiles {
  static final String VOCAB_TXT = "vocab.txt";
  static final String VOCAB_JSON = "vocab.json";
  static final String MERGES_TXT = "merges.txt";
  static final String ADDED_TOKENS = "added_tokens.json";
  static final String MODEL_CONFIG = "config.json";

  /** Components by family, and names that tokenizers usually have. */
  static final JsonNode TABLE = TokenizerJson.resource("tokenizers.json");

  /** Names of the special tokens by role, in the order in which Transformers adds them. */
  static final List<String> ROLES = TokenizerJson.names(TABLE.get("usual"));

  private static final List<String> EXTRA =
      List.of("additional_special_tokens", "extra_special_tokens");
  private static final String AS_IS = "AS_IS";
  private static final String DECODER = "added_tokens_decoder";
  private static final Pattern PLACEHOLDER = Pattern.compile("\"([$#])(\\w+)\"");
  private static final Pattern SPACE = Pattern.compile("\\s", Pattern.UNICODE_CHARACTER_CLASS);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String name;
  private final boolean isFile;
  private final Map<String, byte[]> contents;
  private final ObjectNode settings;
  private final ObjectNode model;
  private final JsonNode family;
  private final ObjectNode roles; // special tokens and options
  private final ObjectNode file;
  private final int maxText;
  private final TokenIds ids;
  private final List<String> notes = new ArrayList<>();

  /**
   * Creates a tokenizer from the content of its files, by file name.
   *
   * @param name the folder, or the {@code tokenizer.json}, for messages
   * @param isFile whether the name is a {@code tokenizer.json} without other files
   */
  TokenizerFiles(String name, boolean isFile, Map<String, byte[]> contents) {
    this.name = name;
    this.isFile = isFile;
    this.contents = contents;
    settings = object(Tokenizer.CONFIG, "tokenizer_config");
    model = object(MODEL_CONFIG, "config");
    family = TABLE.get(family());
    roles = roles();
    file = contents.containsKey(Tokenizer.JSON) ? object(Tokenizer.JSON, "any") : older();
    maxText = TokenizerJson.check(file, source());
    ids = new TokenIds(file.at("/model/vocab"));
  }

  Tokenizer tokenizer() {
    ObjectNode source = file.deepCopy();
    for (String reset : List.of("truncation", "padding")) {
      if (file.hasNonNull(reset)) {
        notes.add(source() + ": the settings of " + reset + " are not used");
      }
      file.putNull(reset);
    }
    addTokens();
    if (family.has("components")) {
      setComponents();
    }
    AddedTokens.check(file, source());
    int size = ids.size();
    checkPostProcessor(size);
    Tokenizer.Special special = special(source.path("padding").path("pad_id").asInt(size), size);
    int highest = special.end().stream().mapToInt(id -> id).max().orElse(0);
    highest = Math.max(highest, Math.max(special.begin(), special.padding()));
    byte[] original = contents.get(Tokenizer.JSON);
    return new Tokenizer(
        name,
        file.equals(source) && original != null ? original : bytes(file),
        exported(),
        Math.max(size, highest + 1),
        special,
        maxText,
        notes);
  }

  static byte[] bytes(ObjectNode file) {
    return file.toString().getBytes(StandardCharsets.UTF_8);
  }

  private String family() {
    boolean isOurs = model.has("counterpoint") && !contents.containsKey(Tokenizer.CONFIG);
    for (String key :
        isOurs ? List.of("tokenizer_class") : List.of("tokenizer_class", "model_type")) {
      JsonNode families = TABLE.path("classes").path(key);
      for (String part : List.of(Tokenizer.CONFIG, MODEL_CONFIG)) {
        JsonNode found = (part.equals(MODEL_CONFIG) ? model : settings).path(key);
        String family = found.asText("");
        if (!family.isEmpty() && !families.has(family.replaceFirst("Fast$", ""))) {
          String rule =
              "one of %s. To use a tokenizer.json as it is, name the file itself as data.tokenizer.path";
          throw TokenizerJson.invalid(
              in(part),
              key,
              found,
              rule.formatted(String.join(", ", TokenizerJson.names(families))));
        }
        if (!family.isEmpty()) {
          return families.get(family.replaceFirst("Fast$", "")).asText();
        }
      }
    }
    return contents.containsKey(Tokenizer.JSON) ? AS_IS : impliedFamily();
  }

  /** The family of older files without a model: GPT-2 and RoBERTa have the same file names. */
  private String impliedFamily() {
    boolean isBert = contents.containsKey(VOCAB_TXT);
    boolean isKnown = isBert || object(VOCAB_JSON, "any").has("<|endoftext|>");
    if (contents.containsKey(MODEL_CONFIG) || !isKnown) {
      throw new InvalidSettings(
          "%s has no model_type, so the kind of tokenizer is unknown; set model_type, or tokenizer_class in tokenizer_config.json, such as BertTokenizer.",
          in(MODEL_CONFIG));
    }
    return isBert ? "BERT" : "GPT2";
  }

  private boolean hasWordPieces() {
    return family.path("model").path("type").asText().equals("WordPiece");
  }

  /** The file with the vocabulary, for messages. */
  private String source() {
    return contents.containsKey(Tokenizer.JSON)
        ? in(Tokenizer.JSON)
        : in(hasWordPieces() ? VOCAB_TXT : VOCAB_JSON + " with " + MERGES_TXT);
  }

  /** Creates a file without components from the older formats. */
  private ObjectNode older() {
    if (!family.has("model")) {
      required(Tokenizer.JSON);
    }
    ObjectNode older = TABLE.get("empty").deepCopy();
    ObjectNode pieces = older.set("model", filled(family.get("model"))).withObject("/model");
    if (hasWordPieces()) {
      ObjectNode vocabulary = pieces.putObject("vocab");
      int id = 0;
      for (String line : lines(VOCAB_TXT)) {
        vocabulary.put(withoutTrailingSpace(line), id++);
      }
    } else {
      pieces.set("vocab", TokenizerJson.object(required(VOCAB_JSON), "any", in(VOCAB_JSON)));
      ArrayNode merges = pieces.putArray("merges");
      for (String line : lines(MERGES_TXT)) {
        if (!line.startsWith("#version")) {
          merges.add(line.replaceFirst("\r\\z", ""));
        }
      }
    }
    return older;
  }

  private static String withoutTrailingSpace(String line) {
    Matcher space = SPACE.matcher(line);
    int end = line.length();
    while (end > 0 && space.region(end - 1, end).matches()) {
      end--;
    }
    return line.substring(0, end);
  }

  /** Lines end with a line feed only: other separators can be part of a token. */
  private String[] lines(String needed) {
    String text = Utf8File.decode(required(needed), in(needed)).replaceFirst("\n\\z", "");
    return text.isEmpty() ? new String[0] : text.split("\n", -1);
  }

  private byte[] required(String needed) {
    byte[] content = contents.get(needed);
    if (content == null) {
      throw new InvalidSettings(name + " has no " + needed + ", which its tokenizer class needs.");
    }
    return content;
  }

  private String in(String part) {
    return isFile && part.equals(Tokenizer.JSON) ? name : name + "/" + part;
  }

  /** The content of a file of a kind in {@code components.json}; empty if it does not exist. */
  private ObjectNode object(String part, String kind) {
    byte[] content = contents.get(part);
    return content == null ? NODES.objectNode() : TokenizerJson.object(content, kind, in(part));
  }

  /** The special tokens by role, as text or as object with {@code content}, and the options. */
  private ObjectNode roles() {
    ObjectNode found = NODES.objectNode();
    found.setAll((ObjectNode) family.path("defaults").deepCopy());
    found.setAll(settings.deepCopy().retain(TokenizerJson.names(found)));
    List<ObjectNode> sources = new ArrayList<>(List.of(settings));
    if (!settings.has(DECODER)) {
      sources.add(object(Tokenizer.SPECIAL_TOKENS, "special_tokens_map"));
    }
    for (ObjectNode source : sources) {
      found.setAll(source.deepCopy().retain(ROLES));
      EXTRA.stream()
          .filter(key -> !source.path(key).isEmpty())
          .forEach(key -> found.set(EXTRA.get(0), source.get(key)));
    }
    return found.removeNulls();
  }

  private static String content(JsonNode token) {
    return token.isObject() ? token.path("content").asText() : token.asText();
  }

  /** Replaces the added tokens by those that Transformers adds, in its order. */
  private void addTokens() {
    JsonNode own = file.path("added_tokens");
    if (!family.has("components")) {
      own.forEach(token -> ids.add(token, token.get("id").asInt(), in(Tokenizer.JSON)));
    }
    Set<JsonNode> special = new LinkedHashSet<>(); // a token can be given as text and with flags
    ROLES.stream().filter(roles::has).map(roles::get).forEach(special::add);
    roles.path(EXTRA.get(0)).forEach(special::add);
    SortedMap<Integer, JsonNode> listed = new TreeMap<>();
    if (settings.has(DECODER)) {
      settings.get(DECODER).properties().forEach(it -> listed.put(id(it), it.getValue()));
    } else {
      Set<String> names = special.stream().map(TokenizerFiles::content).collect(Collectors.toSet());
      object(ADDED_TOKENS, "integer+")
          .properties()
          .forEach(
              it ->
                  listed.put(
                      it.getValue().asInt(),
                      token(it.getKey()).put("special", names.contains(it.getKey()))));
      own.forEach(token -> listed.put(token.get("id").asInt(), token));
    }
    String part = settings.has(DECODER) ? Tokenizer.CONFIG : ADDED_TOKENS;
    String origin = contents.containsKey(part) ? part : Tokenizer.JSON;
    listed.forEach((id, token) -> ids.add(token, id, in(origin)));
    Set<String> known = Set.copyOf(ids.added().keySet());
    for (JsonNode token : special) {
      String content = content(token);
      boolean isDefault =
          family.get("defaults").valueStream().anyMatch(it -> content.equals(it.textValue()));
      boolean hasRow = !isDefault || ids.has(content) || ids.next() < modelRows();
      if (!known.contains(content) && hasRow) {
        ObjectNode flagged = token.isObject() ? token.deepCopy() : token(content);
        ids.add(flagged.put("special", true), null, "");
      }
    }
    file.putArray("added_tokens").addAll(ids.addedTokens());
  }

  private int id(Map.Entry<String, JsonNode> token) {
    if (!token.getKey().matches("\\d{1,9}")) {
      throw TokenizerJson.invalid(
          in(Tokenizer.CONFIG), DECODER + "." + token.getKey(), token.getValue(), "listed by id");
    }
    return Integer.parseInt(token.getKey());
  }

  /** The rows of the model's token embedding; without a limit if they are not known. */
  private int modelRows() {
    return Math.min(TokenizerJson.MAX_IDS, model.path("vocab_size").asInt(TokenizerJson.MAX_IDS));
  }

  private static ObjectNode token(String content) {
    return NODES.objectNode().put("content", content);
  }

  /** Sets the components of the family; only the vocabulary of a {@code tokenizer.json} is used. */
  private void setComponents() {
    ObjectNode pieces = (ObjectNode) file.get("model");
    JsonNode wanted = filled(family.get("model"));
    String type = wanted.path("type").asText();
    if (!TokenizerJson.modelType(pieces).equals(type)) {
      throw invalid("model.type", pieces.path("type"), type + " for the tokenizer class");
    }
    for (Map.Entry<String, JsonNode> key : wanted.properties()) {
      boolean isSame = pieces.path(key.getKey()).asText("").equals(key.getValue().asText(""));
      if (!isSame && !key.getKey().equals("type")) {
        pieces.set(key.getKey(), key.getValue());
      }
    }
    pieces.remove(List.of("byte_fallback", "ignore_merges"));
    if (hasWordPieces() && !pieces.get("vocab").has(pieces.path("unk_token").asText())) {
      throw invalid("unk_token", pieces.path("unk_token"), "in the vocabulary");
    }
    ((ObjectNode) filled(family.get("components"))).properties().forEach(this::set);
    if (!contents.containsKey(Tokenizer.JSON) && family.has("framing")) {
      String ends =
          Stream.of("bos", "eos")
              .filter(end -> settings.path("add_" + end + "_token").asBoolean())
              .filter(end -> !content(roles.path(end + "_token")).isEmpty())
              .collect(Collectors.joining("+"));
      file.set("post_processor", filled(family.path("framing").get(ends)));
    }
  }

  /** Sets a component, unless the file has it without {@code use_regex}, as old files do. */
  private void set(Map.Entry<String, JsonNode> component) {
    JsonNode old = component.getValue().deepCopy();
    if (old instanceof ObjectNode object) {
      object.remove("use_regex");
    }
    if (!old.equals(file.path(component.getKey()))) {
      file.set(component.getKey(), component.getValue());
    }
  }

  /** A part of the table with the special tokens, their ids and the options of this tokenizer. */
  private JsonNode filled(JsonNode template) {
    return Json.parse(
        PLACEHOLDER
            .matcher(template.toString())
            .replaceAll(it -> Matcher.quoteReplacement(value(it.group(1), it.group(2)))),
        JsonNode.class);
  }

  private String value(String sign, String key) {
    JsonNode found = roles.path(key);
    if (sign.equals("$")) {
      JsonNode value = found.isObject() ? found.path("content") : found;
      return value.isMissingNode() ? "null" : value.toString();
    }
    if (found.isMissingNode() || !ids.has(content(found))) {
      throw invalid(key, found, "in the vocabulary");
    }
    return Integer.toString(ids.of(content(found)));
  }

  private InvalidSettings invalid(String path, JsonNode found, String rule) {
    return TokenizerJson.invalid(source(), path, found, rule);
  }

  private void checkPostProcessor(int size) {
    TokenizerJson.addedIds(file.path("post_processor"))
        .filter(id -> id.asInt() >= size)
        .forEach(
            id -> {
              throw invalid("post_processor", id, "an id below " + size);
            });
  }

  private Tokenizer.Special special(int padded, int size) {
    List<Integer> unknown = unknown();
    List<Integer> end =
        first(configured("eos_token_id", size), named("eos_token"), named("sep_token"));
    List<Integer> padding =
        first(
            roles.has("pad_token") ? List.of() : configured("pad_token_id", size),
            named("pad_token"),
            padded < size ? List.of(padded) : List.of(),
            end,
            unknown);
    if (padding.isEmpty()) {
      throw new InvalidSettings(
          "%s has no padding, end-of-text or unknown token; set pad_token in %s.",
          name, Tokenizer.CONFIG);
    }
    List<Integer> ends = end.isEmpty() ? padding.subList(0, 1) : end;
    List<Integer> begin = first(configured("bos_token_id", size), named("bos_token"), ends);
    return new Tokenizer.Special(padding.get(0), first(unknown, ends).get(0), begin.get(0), ends);
  }

  @SafeVarargs
  private static List<Integer> first(List<Integer>... choices) {
    for (List<Integer> choice : choices) {
      if (!choice.isEmpty()) {
        return choice;
      }
    }
    return List.of();
  }

  private List<Integer> unknown() {
    JsonNode pieces = file.path("model");
    if (pieces.hasNonNull("unk_id")) {
      return List.of(pieces.path("unk_id").asInt());
    }
    return pieces.hasNonNull("unk_token")
        ? List.of(ids.of(pieces.path("unk_token").asText()))
        : named("unk_token");
  }

  /** The id of the token with a role, or else of a token with the usual name of that role. */
  private List<Integer> named(String role) {
    return Stream.concat(Stream.of(content(roles.path(role))), usual(role))
        .filter(ids::has)
        .map(ids::of)
        .limit(1)
        .toList();
  }

  private static Stream<String> usual(String role) {
    return TokenizerJson.names(TABLE.path("usual").path(role)).stream();
  }

  /** The ids that generation_config.json or config.json sets for a key. */
  private List<Integer> configured(String key, int size) {
    boolean isUnlimited = model.has("vocab_size") || !contents.containsKey(MODEL_CONFIG);
    int limit = isUnlimited ? Math.max(size, modelRows()) : size;
    for (String part : List.of(Tokenizer.GENERATION, MODEL_CONFIG)) {
      JsonNode value = object(part, "any").path(key);
      TokenizerJson.check(value, "ids?", key, in(part));
      List<Integer> found = new ArrayList<>();
      for (JsonNode id : value.isNumber() ? NODES.arrayNode().add(value) : value) {
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

  private ObjectNode exported() {
    ObjectNode config = NODES.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("clean_up_tokenization_spaces", false);
    for (String role : ROLES) {
      (roles.has(role) ? Stream.of(content(roles.get(role))) : usual(role))
          .filter(ids.added()::containsKey)
          .findFirst()
          .ifPresent(token -> config.put(role, token));
    }
    roles.path(EXTRA.get(0)).forEach(token -> config.withArray(EXTRA.get(0)).add(content(token)));
    config.setAll(settings.deepCopy().retain("chat_template", "padding_side").removeNulls());
    if (file.path("pre_tokenizer").has("add_prefix_space")) {
      config.set("add_prefix_space", file.path("pre_tokenizer").get("add_prefix_space"));
    }
    JsonNode length = settings.path("model_max_length");
    length = length.isNumber() ? length : settings.path("max_len");
    if (length.isNumber() && length.asDouble() < 1) {
      throw TokenizerJson.invalid(in(Tokenizer.CONFIG), "model_max_length", length, "at least 1");
    }
    if (length.isNumber() && length.asDouble() < Integer.MAX_VALUE) {
      config.put("model_max_length", length.asInt());
    }
    return config;
  }
}
