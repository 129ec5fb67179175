package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/**
 * What a {@code tokenizer.json} says of its vocabulary.
 *
 * @param vocabularySize ids lie from 0 to this, exclusive
 * @param paddingId the id of [PAD] or {@code <pad>}; else the one that the file pads with; else, as
 *     GPT-2 has none, the end of a text; else 0. It is masked wherever it pads
 * @param unknownId stands for a text without tokens; the padding where nothing stands for the
 *     unknown
 */
public record TokenizerFile(int vocabularySize, int paddingId, int unknownId) {
  /**
   * Reads the file's content.
   *
   * @param name the file, for a message
   */
  public static TokenizerFile read(byte[] json, String name) throws IOException {
    JsonNode file = parse(json, name);
    JsonNode vocabulary = file.path("model").path("vocab");
    if (vocabulary.isEmpty()) {
      throw new InvalidSettings(
          name + " has no model.vocab; a tokenizer.json of Hugging Face's tokenizers is needed.");
    }
    Tokens tokens = new Tokens(vocabulary, file.path("added_tokens"));
    int padding =
        tokens.first(
            List.of("[PAD]", "<pad>"),
            file.path("padding").path("pad_id").asInt(tokens.first(List.of("<|endoftext|>"), 0)));
    String unknown = file.path("model").path("unk_token").asText(VocabularyBuilder.UNKNOWN);
    return new TokenizerFile(
        tokens.size(), padding, tokens.first(List.of(unknown, "[UNK]", "<unk>"), padding));
  }

  /** Whether a token is the one for what the tokenizer does not know, where it has one. */
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

  /** The tokens of the model, a map or (Unigram) a list of pairs, and those added to it. */
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

    int first(List<String> names, int otherwise) {
      return names.stream().mapToInt(this::id).filter(id -> id >= 0).findFirst().orElse(otherwise);
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
