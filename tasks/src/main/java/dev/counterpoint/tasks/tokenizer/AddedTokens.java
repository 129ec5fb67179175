package dev.counterpoint.tasks.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Checks the added tokens of a {@code tokenizer.json}, some of which abort the process. */
final class AddedTokens {
  private static final int MAX_LENGTH = 1_000;
  private static final int MAX_COUNT = 30_000; // The library needs about 10 seconds for them.
  private static final int MAX_CHARACTERS = 1_000_000;

  private AddedTokens() {}

  /**
   * Checks the number of tokens, and that no token is found in an empty text, because the
   * normalizer removes its characters, or in the white space that another token takes with {@code
   * rstrip}.
   */
  static void check(ObjectNode file, String name) {
    JsonNode all = file.path("added_tokens");
    int characters = all.valueStream().mapToInt(it -> it.get("content").asText().length()).sum();
    if (all.size() > MAX_COUNT || characters > MAX_CHARACTERS) {
      throw new InvalidSettings(
          "%s has %s added tokens with %s characters; at most %s and %s are allowed.",
          name, all.size(), characters, MAX_COUNT, MAX_CHARACTERS);
    }
    boolean takesSpace = all.valueStream().anyMatch(it -> it.path("rstrip").asBoolean());
    for (boolean isNormalized : new boolean[] {true, false}) {
      List<JsonNode> tokens =
          all.valueStream()
              .filter(it -> it.path("normalized").asBoolean() == isNormalized)
              .toList();
      ObjectNode normalizing = TokenizerFiles.TABLE.get("normalizing").deepCopy();
      ArrayNode normalizers = normalizing.withArray("/normalizer/normalizers");
      if (isNormalized && file.path("normalizer").isObject()) {
        normalizers.insert(0, file.get("normalizer"));
      }
      for (JsonNode token : tokens) {
        if (token.get("content").asText().length() > MAX_LENGTH) {
          throw TokenizerJson.invalid(
              name, "added_tokens", token, "of at most " + MAX_LENGTH + " characters");
        }
      }
      if (takesSpace) {
        List<JsonNode> stripping =
            tokens.stream().filter(it -> it.path("lstrip").asBoolean()).toList();
        check(stripping, normalizing, name, "without lstrip, because another token has rstrip");
      }
      normalizers.remove(normalizers.size() - 1);
      if (!normalizers.isEmpty()) {
        check(tokens, normalizing, name, "without normalized: the normalizer makes it empty");
      }
    }
  }

  /** Encodes tokens with a model that has an id for every text except the empty text. */
  private static void check(
      List<JsonNode> tokens, ObjectNode normalizing, String name, String rule) {
    if (tokens.isEmpty()) {
      return;
    }
    try (HuggingFaceTokenizer tokenizer =
        Tokenizer.load(
            TokenizerFiles.bytes(normalizing),
            name,
            Map.of("truncation", "false", "padding", "false"))) {
      for (JsonNode token : tokens) {
        String content = token.get("content").asText();
        if (tokenizer.encode(content, false, false).getIds().length == 0) {
          throw TokenizerJson.invalid(name, "added_tokens", token, rule);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
