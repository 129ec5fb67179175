package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The ids of a vocabulary, and of the tokens that are added to it. */
final class TokenIds {
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<String, ObjectNode> added = new HashMap<>();
  private int next;

  /**
   * Creates the ids of a vocabulary.
   *
   * @param vocabulary an object with an id for each token, or an array of tokens with their scores
   */
  TokenIds(JsonNode vocabulary) {
    for (int i = 0; vocabulary.isArray() && i < vocabulary.size(); i++) {
      ids.put(vocabulary.get(i).get(0).asText(), i);
    }
    vocabulary.properties().forEach(token -> ids.put(token.getKey(), token.getValue().asInt()));
    next = vocabulary.size(); // also if an array repeats a token
  }

  /**
   * Adds or replaces a token, with the id that the tokenizers library assigns.
   *
   * @param id the expected id; null for any
   * @param file the file with the expected id, for messages
   */
  void add(JsonNode token, @Nullable Integer id, String file) {
    String content = token.path("content").asText();
    if (content.isEmpty()) {
      return;
    }
    int assigned = ids.getOrDefault(content, next);
    if (id != null && id != assigned) {
      throw TokenizerJson.invalid(
          file, "the id of " + content, IntNode.valueOf(id), assigned + ", the next free id");
    }
    ids.put(content, assigned);
    next = Math.max(next, assigned + 1);
    ObjectNode entry = VocabularyBuilder.special(assigned, content);
    entry.put("normalized", !token.path("special").asBoolean()).put("special", false);
    ObjectNode flags = token.deepCopy();
    entry.setAll(flags.retain("single_word", "lstrip", "rstrip", "normalized", "special"));
    added.put(content, entry);
  }

  boolean has(String token) {
    return ids.containsKey(token);
  }

  /** The id of a token; 0 if there is none. */
  int of(String token) {
    return ids.getOrDefault(token, 0);
  }

  /** The next free id. */
  int next() {
    return next;
  }

  /** The largest id plus 1. */
  int size() {
    return Collections.max(ids.values()) + 1;
  }

  /** The added tokens by content. */
  Map<String, ObjectNode> added() {
    return added;
  }

  /** The added tokens by id, as in a {@code tokenizer.json}. */
  List<ObjectNode> addedTokens() {
    return added.values().stream()
        .sorted(Comparator.comparingInt(token -> token.path("id").asInt()))
        .toList();
  }
}
