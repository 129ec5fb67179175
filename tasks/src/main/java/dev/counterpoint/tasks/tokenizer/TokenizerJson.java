package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.Utf8File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Validates a {@code tokenizer.json}, so that the native library, which aborts the process on some
 * inconsistent files and reports no key for others, only receives files that it can use.
 *
 * <p>{@code components.json} lists the components and their keys. A kind of value ends in {@code -}
 * if it is optional, in {@code ?} if it can also be null, and in {@code *} if it is an array.
 */
final class TokenizerJson {
  private static final ObjectReader JSON =
      new JsonMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final JsonNode COMPONENTS = components();
  private static final int MAX_SHOWN = 60;

  private final String name;

  private TokenizerJson(String name) {
    this.name = name;
  }

  private static JsonNode components() {
    try (InputStream file = TokenizerJson.class.getResourceAsStream("components.json")) {
      return JSON.readTree(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Validates the content of a {@code tokenizer.json}.
   *
   * @param name the file name for messages
   */
  static void check(ObjectNode file, String name) {
    TokenizerJson check = new TokenizerJson(name);
    if (file.path("model").path("vocab").isEmpty()) {
      throw invalid(name, "model.vocab", file.path("model").path("vocab"), "a vocabulary");
    }
    ObjectNode typed = file.deepCopy();
    ((ObjectNode) typed.get("model")).put("type", modelType(file.get("model")));
    check.component(typed, "tokenizer", "");
    check.model(file.get("model"));
    check.postProcessor(file.path("post_processor"), "post_processor");
  }

  /** Validates an object with the keys of a kind in {@code components.json}. */
  static void check(JsonNode object, String kind, String path, String name) {
    new TokenizerJson(name).component(object, kind, path);
  }

  /** Validates the keys of a kind in {@code components.json} and ignores all other keys. */
  static void checkKnown(ObjectNode object, String kind, String name) {
    List<String> known = new ArrayList<>();
    COMPONENTS.path(kind).path("").fieldNames().forEachRemaining(known::add);
    check(object.deepCopy().retain(known), kind, "", name);
  }

  /** The type of a model, which old files do not state. */
  static String modelType(JsonNode model) {
    String implied = model.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    return model
        .path("type")
        .asText(model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram" : implied);
  }

  /** Parses a file that contains one JSON object. */
  static ObjectNode object(byte[] json, String name) {
    try {
      if (JSON.readTree(Utf8File.decode(json, name)) instanceof ObjectNode object) {
        return object;
      }
      throw new InvalidSettings(name + " is not a JSON object.");
    } catch (JacksonException e) {
      throw new InvalidSettings(name + " is not JSON: " + e.getOriginalMessage());
    }
  }

  private void component(JsonNode node, String kind, String path) {
    JsonNode types = COMPONENTS.path(kind);
    JsonNode keys = types.path(types.has("") ? "" : node.path("type").asText());
    if (!node.isObject()) {
      throw invalid(path, node, "an object");
    }
    if (keys.isMissingNode()) {
      throw invalid(join(path, "type"), node.path("type"), "one of " + names(types));
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!keys.has(field.getKey()) && !(field.getKey().equals("type") && !types.has(""))) {
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
    if (kind.endsWith("?") || kind.endsWith("-")) {
      if (!node.isMissingNode() && !(node.isNull() && kind.endsWith("?"))) {
        value(node, kind.substring(0, kind.length() - 1), path);
      }
    } else if (kind.endsWith("*")) {
      if (!node.isArray()) {
        throw invalid(path, node, "an array");
      }
      for (int i = 0; i < node.size(); i++) {
        value(node.get(i), kind.substring(0, kind.length() - 1), join(path, Integer.toString(i)));
      }
    } else if (COMPONENTS.has(kind)) {
      component(node, kind, path);
      if (kind.equals("pattern") && (node.size() != 1 || !node.elements().next().isTextual())) {
        throw invalid(path, node, "a String or a Regex");
      }
    } else if (!isA(node, kind)) {
      throw invalid(
          path, node, kind.equals("token") ? "a pair of token and id" : "of type " + kind);
    }
  }

  private static boolean isA(JsonNode node, String kind) {
    return switch (kind) {
      case "any" -> true;
      case "boolean" -> node.isBoolean();
      case "integer" -> isId(node);
      case "number" -> node.isNumber();
      case "string" -> node.isTextual();
      case "char" -> node.asText().codePointCount(0, node.asText().length()) == 1;
      case "charsmap" -> node.isTextual() && Charsmap.isValid(node.asText());
      case "array" -> node.isArray();
      case "object" -> node.isObject();
      default -> node.size() == 2 && node.get(0).isTextual() && isId(node.get(1));
    };
  }

  private static boolean isId(JsonNode node) {
    return node.canConvertToInt() && node.isIntegralNumber() && node.intValue() >= 0;
  }

  private void model(JsonNode model) {
    JsonNode vocabulary = model.get("vocab");
    Set<Integer> ids = new HashSet<>();
    for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
      value(token.getValue(), "integer", "model.vocab." + token.getKey());
      if (!ids.add(token.getValue().asInt())) {
        throw invalid("model.vocab." + token.getKey(), token.getValue(), "an id of its own");
      }
    }
    switch (modelType(model)) {
      case "Unigram" -> unigram(model, vocabulary);
      case "BPE" -> bytePairs(model, vocabulary);
      default -> unknownToken(model, vocabulary);
    }
  }

  private void unigram(JsonNode model, JsonNode vocabulary) {
    for (JsonNode token : vocabulary) {
      if (token.size() != 2 || !token.get(0).isTextual() || !token.get(1).isNumber()) {
        throw invalid("model.vocab", token, "pairs of token and score");
      }
    }
    if (!isId(model.path("unk_id")) || model.path("unk_id").asInt() >= vocabulary.size()) {
      throw invalid("model.unk_id", model.path("unk_id"), "the id of an unknown token");
    }
  }

  private void unknownToken(JsonNode model, JsonNode vocabulary) {
    if (!vocabulary.has(model.path("unk_token").asText())) {
      throw invalid("model.unk_token", model.path("unk_token"), "in the vocabulary");
    }
  }

  private void bytePairs(JsonNode model, JsonNode vocabulary) {
    if (model.hasNonNull("unk_token")) {
      unknownToken(model, vocabulary);
    }
    if (model.path("dropout").asDouble() != 0) {
      throw invalid("model.dropout", model.path("dropout"), "null: ids would be random");
    }
    String prefix = model.path("continuing_subword_prefix").asText("");
    prefix = model.path("continuing_subword_prefix").isNull() ? "" : prefix;
    for (JsonNode merge : model.path("merges")) {
      List<String> parts =
          merge.isTextual() ? List.of(merge.asText().split(" ", -1)) : strings(merge);
      if (parts.size() != 2 || !parts.get(1).startsWith(prefix)) {
        throw invalid("model.merges", merge, "pairs of tokens");
      }
      String merged = parts.get(0) + parts.get(1).substring(prefix.length());
      for (String token : List.of(parts.get(0), parts.get(1), merged)) {
        if (!vocabulary.has(token)) {
          throw invalid("model.merges", merge, "in the vocabulary, which has no " + shown(token));
        }
      }
    }
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }

  /** Checks that a template has what it refers to: each text of the input, and special tokens. */
  private void postProcessor(JsonNode processor, String path) {
    processor.path("processors").forEach(each -> postProcessor(each, path + ".processors"));
    if (!processor.path("type").asText().equals("TemplateProcessing")) {
      return;
    }
    JsonNode tokens = processor.get("special_tokens");
    for (Map.Entry<String, JsonNode> token : tokens.properties()) {
      String key = path + ".special_tokens." + token.getKey();
      value(token.getValue(), "special", key);
      if (token.getValue().path("ids").size() != token.getValue().path("tokens").size()
          || token.getValue().path("ids").isEmpty()) {
        throw invalid(key + ".ids", token.getValue().path("ids"), "as many as tokens");
      }
    }
    template(processor, "single", List.of("A"), path);
    template(processor, "pair", List.of("A", "B"), path);
  }

  private void template(JsonNode processor, String key, List<String> texts, String path) {
    List<String> found = new ArrayList<>();
    for (JsonNode piece : processor.get(key)) {
      String special = piece.path("SpecialToken").path("id").asText();
      if (piece.size() != 1
          || (piece.has("SpecialToken") && !processor.get("special_tokens").has(special))) {
        throw invalid(path + "." + key, piece, "a text, or one of special_tokens");
      }
      if (piece.has("Sequence")) {
        found.add(piece.path("Sequence").path("id").asText());
      }
    }
    if (!found.equals(texts)) {
      throw invalid(path + "." + key, processor.get(key), "contain each text once: " + texts);
    }
  }

  private static String names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return String.join(", ", names);
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private InvalidSettings invalid(String path, JsonNode found, String rule) {
    return invalid(name, path, found, rule);
  }

  /** An invalid value in a JSON file. */
  static InvalidSettings invalid(String file, String path, JsonNode found, String rule) {
    String value = found.isMissingNode() ? "missing" : shown(found.toString());
    return new InvalidSettings(
        "%s: %s is %s, but must be %s.".formatted(file, shown(path), value, rule));
  }

  static String shown(String value) {
    return value.length() > MAX_SHOWN ? value.substring(0, MAX_SHOWN) + "..." : value;
  }
}
