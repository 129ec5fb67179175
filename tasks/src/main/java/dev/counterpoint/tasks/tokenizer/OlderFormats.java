package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Components of a {@code tokenizer.json}, as Transformers creates them for BERT and GPT-2. */
final class OlderFormats {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private OlderFormats() {}

  /** A file without any component. */
  static ObjectNode empty() {
    ObjectNode file = NODES.objectNode();
    file.put("version", "1.0").putNull("truncation").putNull("padding");
    file.putArray("added_tokens");
    return file;
  }

  static ObjectNode ofType(String type) {
    return NODES.objectNode().put("type", type);
  }

  /**
   * The vocabulary of a {@code vocab.txt}, with the line number as id. Trailing white space is not
   * part of a token.
   */
  static ObjectNode vocabulary(String text) {
    ObjectNode vocabulary = NODES.objectNode();
    int id = 0;
    for (String line : lines(text)) {
      vocabulary.put(line.replaceFirst("(?U)\\s+$", ""), id++);
    }
    return vocabulary;
  }

  /** The merges of a {@code merges.txt}. */
  static ArrayNode merges(String text) {
    ArrayNode merges = NODES.arrayNode();
    for (String line : lines(text)) {
      if (!line.startsWith("#version")) {
        merges.add(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
      }
    }
    return merges;
  }

  /** Lines end with a line feed only: other separators can be part of a token. */
  private static String[] lines(String text) {
    String content = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    return content.isEmpty() ? new String[0] : content.split("\n", -1);
  }

  /** BERT's post-processor: [CLS] before a text, [SEP] after it and after a second text. */
  static ObjectNode template(Map<String, Integer> ids, String begin, String end) {
    ObjectNode template = ofType("TemplateProcessing");
    ArrayNode single = template.putArray("single");
    single.add(special(begin, 0)).add(sequence("A", 0)).add(special(end, 0));
    ArrayNode pair = template.putArray("pair").addAll(single.deepCopy());
    pair.add(sequence("B", 1)).add(special(end, 1));
    token(template, begin, ids);
    token(template, end, ids);
    return template;
  }

  /** A post-processor with a token before and after each text; an empty token is not added. */
  static ObjectNode sequences(Map<String, Integer> ids, String begin, String end) {
    ObjectNode template = ofType("TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    template.putObject("special_tokens");
    for (String text : new String[] {"A", "B"}) {
      int type = text.equals("A") ? 0 : 1;
      ArrayNode pieces = NODES.arrayNode();
      if (!begin.isEmpty()) {
        pieces.add(special(begin, type));
        token(template, begin, ids);
      }
      pieces.add(sequence(text, type));
      if (!end.isEmpty()) {
        pieces.add(special(end, type));
        token(template, end, ids);
      }
      pair.addAll(pieces);
      single.addAll(type == 0 ? pieces : NODES.arrayNode());
    }
    return template;
  }

  private static void token(ObjectNode template, String token, Map<String, Integer> ids) {
    ObjectNode entry = template.withObject("/special_tokens").putObject(token).put("id", token);
    entry.putArray("ids").add(ids.get(token));
    entry.putArray("tokens").add(token);
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

  static ObjectNode byteLevel(boolean prefix, boolean trim) {
    return ofType("ByteLevel")
        .put("add_prefix_space", prefix)
        .put("trim_offsets", trim)
        .put("use_regex", true);
  }
}
