package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/**
 * Vocabulary properties of a {@code tokenizer.json}.
 *
 * @param vocabularySize the number of token ids, which range from 0 to this value, exclusive
 * @param paddingId the id of [PAD] or {@code <pad>}; otherwise the pad_id of the file's padding
 *     section; otherwise the end-of-text token, as for GPT-2, which has no padding token; otherwise
 *     0. Padding positions are always masked
 * @param unknownId the id of the unknown token, also used for a text without tokens; the padding id
 *     if the tokenizer has no unknown token
 */
public record TokenizerFile(int vocabularySize, int paddingId, int unknownId) {
  /**
   * Parses a {@code tokenizer.json}.
   *
   * @param name the file name for messages
   */
  public static TokenizerFile read(byte[] json, String name) throws IOException {
    JsonNode file = parse(json, name);
    JsonNode vocabulary = file.path("model").path("vocab");
    if (vocabulary.isEmpty()) {
      throw new InvalidSettings(
          name
              + " has no model.vocab; expected a tokenizer.json of the Hugging Face tokenizers"
              + " library.");
    }
    Tokens tokens = new Tokens(vocabulary, file.path("added_tokens"));
    int padding =
        tokens.firstId(
            List.of("[PAD]", "<pad>"),
            file.path("padding").path("pad_id").asInt(tokens.firstId(List.of("<|endoftext|>"), 0)));
    String unknown = file.path("model").path("unk_token").asText(VocabularyBuilder.UNKNOWN);
    return new TokenizerFile(
        tokens.size(), padding, tokens.firstId(List.of(unknown, "[UNK]", "<unk>"), padding));
  }

  /** Whether a token is the tokenizer's unknown token; false if the tokenizer has none. */
  public boolean isUnknown(long id) {
    return id == unknownId && id != paddingId;
  }

  private static JsonNode parse(byte[] json, String name) throws IOException {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JacksonException e) {
      throw new InvalidSettings(name + " is not JSON: " + e.getOriginalMessage());
    }
  }

  /** Tokens of the model, a map or (Unigram) a list of pairs, and the added tokens. */
  private record Tokens(JsonNode vocabulary, JsonNode added) {
    int size() {
      int highest = vocabulary.isArray() ? vocabulary.size() - 1 : 0;
      for (Iterator<JsonNode> ids = vocabulary.elements();
          vocabulary.isObject() && ids.hasNext(); ) {
        highest = Math.max(highest, ids.next().asInt());
      }
      for (JsonNode token : added) {
        highest = Math.max(highest, token.path("id").asInt());
      }
      return highest + 1;
    }

    int firstId(List<String> names, int defaultId) {
      return names.stream().mapToInt(this::id).filter(id -> id >= 0).findFirst().orElse(defaultId);
    }

    private int id(String name) {
      for (JsonNode token : added) {
        if (token.path("content").asText().equals(name)) {
          return token.path("id").asInt();
        }
      }
      return vocabulary.path(name).asInt(-1);
    }
  }
}
