package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Validates the files of a tokenizer, so that the native library, which aborts the process on some
 * inconsistent files and reports no key for others, only receives files that it can use.
 *
 * <p>{@code components.json} lists the kinds of objects and their keys; {@code ...} stands for any
 * other key, and an object of the variant {@code 1} has exactly one of its keys. A kind of value
 * ends in {@code -} if it is optional, in {@code ?} if it can also be null, in {@code *} if it is
 * an array, and in {@code +} if it is an object with such values. {@code =} precedes the allowed
 * values, and in {@code a|b}, b is the kind of an object and a that of other values.
 */
record TokenizerJson(String name) {
  /** Limits the depth of components, which the native library reads by recursion. */
  private static final StreamReadConstraints DEPTH =
      StreamReadConstraints.builder().maxNestingDepth(24).build();

  private static final ObjectReader JSON =
      new JsonMapper(JsonFactory.builder().streamReadConstraints(DEPTH).build())
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final int MAX_COMPONENTS = 32;
  private static final int MAX_TOKEN = 256;
  private static final int MAX_AFFIX = 64;
  static final int MAX_IDS = 10_000_000;
  private static final int MAX_ADDED = 1_000;
  private static final int MAX_TEXT = 4_000_000;

  /** Maximum factor by which the components can lengthen a text. */
  private static final int MAX_GROWTH = 64;

  /**
   * Maximum number of steps for a character: how often it is inserted, times the components and
   * half the longest token that is searched at it. The slowest components need about 0.5
   * microseconds for a step.
   */
  private static final int MAX_STEPS = 200;

  /** The steps of published tokenizers; the texts of others are shorter. */
  private static final double USUAL_STEPS = 50;

  /** Factor by which a component can lengthen a text, besides what the component inserts. */
  private static final Map<String, Integer> GROWTH =
      Map.of(
          "BertNormalizer", 3, "ByteLevel", 2, "Metaspace", 2, "Precompiled", Charsmap.MAX_GROWTH);

  private static final JsonNode COMPONENTS = resource("components.json");

  /** Reads a table of this package. */
  static JsonNode resource(String file) {
    return Json.parse(Resource.read(TokenizerJson.class, file), JsonNode.class);
  }

  /**
   * Validates the content of a {@code tokenizer.json}.
   *
   * @param name the file name for messages
   * @return the maximum number of characters of a text: longer ones need much memory, and more
   *     steps of a regular expression than the library allows
   */
  static int check(ObjectNode file, String name) {
    TokenizerJson check = new TokenizerJson(name);
    if (file.path("model").path("vocab").isEmpty()) {
      throw invalid(name, "model.vocab", file.path("model").path("vocab"), "a vocabulary");
    }
    ObjectNode typed = file.deepCopy();
    ((ObjectNode) typed.get("model")).put("type", modelType(file.get("model")));
    check.component(typed, "tokenizer", "");
    check.model(typed.get("model"));
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(file.toString())) {
      throw new InvalidSettings(
          "%s has a text with an unpaired surrogate, which is not valid Unicode.", name);
    }
    List<JsonNode> templates = file.path("post_processor").findParents("special_tokens");
    templates.forEach(check::template);
    if (templates.size() > 1) {
      throw check.invalid("post_processor", templates.get(1), "the only TemplateProcessing");
    }
    for (JsonNode regex : file.findValues("Regex")) {
      if (!TokenizerRegex.isAllowed(regex.asText(), System.getenv(TokenizerRegex.VARIABLE))) {
        throw check.invalid(
            "Regex",
            regex,
            "a pattern of a published tokenizer, or alternatives that repeat only their last character,"
                + " such as [a-z]+|\\d{2}: other patterns can end the process. If you trust the"
                + " file, set the environment variable "
                + TokenizerRegex.VARIABLE
                + "=any");
      }
    }
    return (int) (MAX_TEXT / check.growth(file));
  }

  /** Factor by which a text can grow before it is split, without usual normalization. */
  private double growth(ObjectNode file) {
    double inserted = 1;
    double growth = 1;
    int count = 0;
    int byteLevels = 0;
    for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
      boolean isOfInput = part.equals("normalizer") || part.equals("pre_tokenizer");
      for (JsonNode component : file.path(part).findParents("type")) {
        String type = component.get("type").asText();
        double replaced = Math.max(1, component.at("/pattern/String").asText().length());
        String content = component.path(type.equals("Prepend") ? "prepend" : "content").asText();
        int length = Normalizer.normalize(content, Normalizer.Form.NFKD).length();
        inserted *= Math.max(1, length / replaced);
        growth *= isOfInput ? GROWTH.getOrDefault(type, 1) : 1;
        if (isOfInput && type.equals("ByteLevel") && ++byteLevels > 1) {
          throw invalid(part, component, "the only ByteLevel: letters of one can be decomposed");
        }
        count++;
      }
    }
    int longest =
        file.at("/model/vocab")
            .valueStream()
            .mapToInt(it -> it.path(0).asText().length())
            .max()
            .orElse(0);
    double steps = inserted * (count + longest / 2.0);
    if (count > MAX_COMPONENTS || inserted * growth > MAX_GROWTH || steps > MAX_STEPS) {
      throw new InvalidSettings(
          "%s has %s components, which can make a text %.0f times as long, and needs %.0f steps for a character; at most %s, %s and %s are allowed.",
          name, count, inserted * growth, steps, MAX_COMPONENTS, MAX_GROWTH, MAX_STEPS);
    }
    boolean isSplitSimply =
        file.findValues("Regex").stream().map(JsonNode::asText).allMatch(TokenizerRegex::isSimple)
            && !file.path("pre_tokenizer").findValuesAsText("type").contains("ByteLevel");
    boolean isMapped = file.path("normalizer").findValuesAsText("type").contains("Precompiled");
    return Math.max(
        inserted * (isMapped && !isSplitSimply ? Charsmap.MAX_GROWTH : 1), steps / USUAL_STEPS);
  }

  /** Validates a value of a kind in {@code components.json}. */
  static void check(JsonNode value, String kind, String path, String name) {
    new TokenizerJson(name).value(value, kind, path);
  }

  /** The type of a tokenizer model; inferred for old files, which do not state it. */
  static String modelType(JsonNode model) {
    String implied = model.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    return model
        .path("type")
        .asText(model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram" : implied);
  }

  /** Parses and validates a file that contains one JSON object of a kind. */
  static ObjectNode object(byte[] json, String kind, String name) {
    try {
      if (JSON.readTree(Utf8File.decode(json, name)) instanceof ObjectNode object) {
        check(object, kind, "", name);
        return object;
      }
      throw new InvalidSettings("%s is not a JSON object.", name);
    } catch (JacksonException e) {
      throw new InvalidSettings("%s is not JSON: %s", name, Json.problem(e));
    }
  }

  private void component(JsonNode node, String kind, String path) {
    JsonNode types = COMPONENTS.path(kind);
    String type = types.size() > 1 ? node.path("type").asText() : types.fieldNames().next();
    JsonNode keys = types.path(type);
    if (!node.isObject() || (type.equals("1") && node.size() != 1)) {
      throw invalid(
          path, node, "an object" + (type.equals("1") ? " with one of " + names(keys) : ""));
    }
    if (keys.isMissingNode()) {
      throw invalid(join(path, "type"), node.path("type"), "one of " + names(types));
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      boolean isType = field.getKey().equals("type") && types.size() > 1;
      if (!keys.has(field.getKey()) && !isType && !keys.has("...")) {
        throw invalid(
            join(path, field.getKey()), field.getValue(), "absent: the key is not supported");
      }
    }
    keys.properties()
        .forEach(
            key ->
                value(node.path(key.getKey()), key.getValue().asText(), join(path, key.getKey())));
  }

  private void value(JsonNode node, String kind, String path) {
    String inner = kind.substring(0, kind.length() - 1);
    if (kind.endsWith("?") || kind.endsWith("-")) {
      if (!node.isMissingNode() && !(node.isNull() && kind.endsWith("?"))) {
        value(node, inner, path);
      }
    } else if (kind.endsWith("*") && node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        value(node.get(i), inner, join(path, Integer.toString(i)));
      }
    } else if (kind.endsWith("+") && node.isObject()) {
      node.properties().forEach(it -> value(it.getValue(), inner, join(path, it.getKey())));
    } else if (kind.contains("|") && !kind.startsWith("=") && !kind.endsWith("*")) {
      value(node, kind.split("\\|", 2)[node.isObject() ? 1 : 0], path);
    } else if (COMPONENTS.has(kind)) {
      component(node, kind, path);
    } else if (!isA(node, kind)) {
      throw invalid(path, node, kind.startsWith("=") ? kind.substring(1) : "of type " + kind);
    }
  }

  private static boolean isA(JsonNode node, String kind) {
    return switch (kind) {
      case "any" -> true;
      case "boolean" -> node.isBoolean();
      case "integer" -> isId(node);
      case "number" -> node.isNumber();
      case "integer up to 200" -> isId(node) && node.intValue() <= 200;
      case "affix" -> node.isTextual() && node.asText().length() <= MAX_AFFIX;
      case "short string" -> node.isTextual() && node.asText().length() <= MAX_TOKEN;
      case "short non-empty string" ->
          !node.asText().isEmpty() && node.asText().length() <= MAX_TOKEN;
      case "string" -> node.isTextual();
      case "non-empty string" -> !node.asText().isEmpty();
      case "pattern of characters" -> !node.asText().isEmpty() && !node.asText().startsWith("(?=");
      case "char" -> node.asText().codePointCount(0, node.asText().length()) == 1;
      case "charsmap" -> node.isTextual() && Charsmap.isValid(node.asText());
      case "array" -> node.isArray();
      case "ids" ->
          isId(node) || (node.isArray() && node.valueStream().allMatch(TokenizerJson::isId));
      case "token and id" -> node.size() == 2 && node.get(0).isTextual() && isId(node.get(1));
      case "token and score" ->
          node.size() == 2
              && node.get(0).isTextual()
              && node.get(0).asText().length() <= MAX_TOKEN
              && node.get(1).isNumber();
      default ->
          kind.startsWith("=") && List.of(kind.substring(1).split("\\|")).contains(node.asText());
    };
  }

  private static boolean isId(JsonNode node) {
    return node.canConvertToInt() && node.isIntegralNumber() && node.intValue() >= 0;
  }

  private void model(JsonNode model) {
    JsonNode vocabulary = model.get("vocab");
    Set<Integer> ids = new HashSet<>();
    for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
      int id = token.getValue().asInt();
      if (id >= MAX_IDS || !ids.add(id)) {
        throw invalid(
            "model.vocab." + token.getKey(), token.getValue(), "a unique id below " + MAX_IDS);
      }
    }
    if (model.path("unk_id").asInt() >= vocabulary.size()) {
      throw invalid("model.unk_id", model.path("unk_id"), "the id of an unknown token");
    }
    if (model.hasNonNull("unk_token") && !vocabulary.has(model.get("unk_token").asText())) {
      throw invalid("model.unk_token", model.get("unk_token"), "in the vocabulary");
    }
    if (model.path("dropout").asDouble() != 0) {
      throw invalid("model.dropout", model.path("dropout"), "null: ids would be random");
    }
    String prefix = model.path("continuing_subword_prefix").asText("");
    for (JsonNode merge : model.path("merges")) {
      List<String> parts =
          merge.isTextual() ? List.of(merge.asText().split(" ", -1)) : names(merge);
      if (parts.size() != 2 || !parts.get(1).startsWith(prefix)) {
        throw invalid("model.merges", merge, "pairs of tokens");
      }
      String merged = parts.get(0) + parts.get(1).substring(prefix.length());
      for (String token : List.of(parts.get(0), parts.get(1), merged)) {
        if (!vocabulary.has(token)) {
          throw invalid(
              "model.merges", merge, "in the vocabulary, which has no " + Excerpt.of(token));
        }
      }
    }
  }

  /** Checks that a template has what it refers to: each text of the input, and special tokens. */
  private void template(JsonNode processor) {
    JsonNode tokens = processor.get("special_tokens");
    for (JsonNode token : tokens) {
      if (token.path("ids").isEmpty() || token.path("ids").size() != token.path("tokens").size()) {
        throw invalid("post_processor.special_tokens", token, "ids as many as tokens");
      }
    }
    for (String key : List.of("single", "pair")) {
      JsonNode pieces = processor.get(key);
      String path = "post_processor." + key;
      int count = 0;
      for (JsonNode special : pieces.findValues("SpecialToken")) {
        JsonNode token = tokens.path(special.path("id").asText());
        count += token.path("ids").size();
        if (token.isMissingNode() || count > MAX_ADDED) {
          throw invalid(
              path, special, "one of special_tokens, which add at most " + MAX_ADDED + " tokens");
        }
      }
      if (!typesOf(pieces).matches(key.equals("single") ? "(0;)*" : "(0;)*(1;)*")) {
        throw invalid(path, pieces, "of type 0" + (key.equals("single") ? "" : ", then of type 1"));
      }
      List<String> texts =
          pieces.findValues("Sequence").stream().map(it -> it.path("id").asText()).toList();
      if (!texts.equals(key.equals("single") ? List.of("A") : List.of("A", "B"))) {
        throw invalid(path, pieces, "a template that contains each text once");
      }
    }
  }

  /** The types of the pieces of a template, each followed by a semicolon. */
  private static String typesOf(JsonNode pieces) {
    return pieces
        .valueStream()
        .map(piece -> piece.elements().next().path("type_id").asText() + ";")
        .collect(Collectors.joining());
  }

  /** The ids of the special tokens that a post-processor adds. */
  static Stream<JsonNode> addedIds(JsonNode processor) {
    return switch (processor.path("type").asText()) {
      case "Sequence" -> processor.get("processors").valueStream().flatMap(TokenizerJson::addedIds);
      case "TemplateProcessing" ->
          processor.get("special_tokens").valueStream().flatMap(it -> it.get("ids").valueStream());
      case "BertProcessing", "RobertaProcessing" ->
          Stream.of(processor.get("sep").get(1), processor.get("cls").get(1));
      default -> Stream.empty();
    };
  }

  /** The texts of an array, or the keys of an object. */
  static List<String> names(JsonNode node) {
    return node.isArray()
        ? node.valueStream().map(JsonNode::asText).toList()
        : node.propertyStream().map(Map.Entry::getKey).toList();
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private InvalidSettings invalid(String path, JsonNode found, String rule) {
    return invalid(name, path, found, rule);
  }

  /** An invalid value in a JSON file. */
  static InvalidSettings invalid(String file, String path, JsonNode found, String rule) {
    String value = found.isMissingNode() ? "missing" : Excerpt.of(found.toString());
    return new InvalidSettings(
        "%s: %s is %s, but must be %s.", file, Excerpt.of(path), value, rule);
  }
}
