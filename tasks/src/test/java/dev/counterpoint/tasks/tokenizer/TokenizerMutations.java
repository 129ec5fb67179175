package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Changes the files of a tokenizer at random: one change of one file. */
final class TokenizerMutations {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "-1",
          "0",
          "1",
          "3",
          "0.5",
          "1e300",
          "99999999999",
          "300",
          "\"\"",
          "\"x\"",
          "\"[UNK]\"",
          "\"the\"",
          "\"Left\"",
          "\"left\"",
          "\"\\u00e9\\u4e2d\"",
          "[]",
          "{}",
          "[1,2]",
          "[\"a\",\"b\"]",
          "{\"type\":\"Lowercase\"}",
          "{\"content\":\"the\"}",
          "{\"type\":\"ByteLevel\"}",
          "\"BertTokenizer\"",
          "\"LlamaTokenizerFast\"",
          "\"##\"");
  private static final List<String> KEYS =
      List.of(
          "do_lower_case",
          "strip_accents",
          "add_prefix_space",
          "add_bos_token",
          "add_eos_token",
          "model_max_length",
          "tokenizer_class",
          "unk_token",
          "pad_token",
          "eos_token",
          "bos_token",
          "mask_token",
          "additional_special_tokens",
          "added_tokens_decoder",
          "split_special_tokens",
          "truncation_side",
          "tokenize_chinese_chars",
          "trim_offsets",
          "new_key",
          "dropout",
          "type");

  private final Random random;

  TokenizerMutations(long seed) {
    random = new Random(seed);
  }

  /** Returns a changed copy. */
  Map<String, byte[]> mutate(Map<String, byte[]> files) throws IOException {
    Map<String, byte[]> changed = new TreeMap<>(files);
    List<String> names = new ArrayList<>(changed.keySet());
    if (random.nextInt(8) == 0) {
      String side =
          pick(List.of("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"));
      names.add(side);
      changed.putIfAbsent(side, "{}".getBytes(StandardCharsets.UTF_8));
    }
    String name = pick(names);
    byte[] content = changed.get(name);
    if (random.nextInt(25) == 0 && !name.equals("config.json")) {
      changed.remove(name);
    } else if (name.endsWith(".txt") || random.nextInt(12) == 0) {
      changed.put(name, bytes(content));
    } else {
      changed.put(name, json(content));
    }
    return changed;
  }

  private byte[] bytes(byte[] content) {
    List<String> lines =
        new ArrayList<>(Arrays.asList(new String(content, StandardCharsets.UTF_8).split("\n", -1)));
    int line = random.nextInt(lines.size());
    switch (random.nextInt(9)) {
      case 0 -> lines.remove(line);
      case 1 -> lines.add(line, lines.get(line));
      case 2 -> lines.add(line, "");
      case 3 ->
          lines.set(line, lines.get(line) + pick(List.of(" ", "\r", "\u00a0", "x y", "\u2028")));
      case 4 -> lines.set(line, pick(List.of("the", "[UNK]", "a b", "\u4e2d", "#", "zz zz zz")));
      case 5 -> {
        return Arrays.copyOf(content, random.nextInt(content.length + 1));
      }
      case 6 -> {
        ByteArrayOutputStream odd = new ByteArrayOutputStream();
        int at = random.nextInt(content.length + 1);
        odd.write(content, 0, at);
        odd.write(pick(List.of(0xE9, 0xFF, 0, 0xC3, 10)));
        odd.write(content, at, content.length - at);
        return odd.toByteArray();
      }
      case 7 -> lines.set(0, "\ufeff" + lines.get(0));
      default -> {
        return new String(content, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_16);
      }
    }
    return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
  }

  private byte[] json(byte[] content) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(content);
    } catch (JacksonException e) {
      return bytes(content);
    }
    List<ContainerNode<?>> containers = new ArrayList<>();
    collect(root, containers);
    change(pick(containers));
    return JSON.writeValueAsBytes(root);
  }

  /** Large containers, such as a vocabulary, count once; their entries are scalars. */
  private static void collect(JsonNode node, List<ContainerNode<?>> containers) {
    if (node instanceof ContainerNode<?> container) {
      containers.add(container);
      int i = 0;
      for (JsonNode child : container) {
        if (i++ < 40) {
          collect(child, containers);
        }
      }
    }
  }

  private void change(ContainerNode<?> container) throws IOException {
    if (container instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String key = names.isEmpty() || random.nextInt(5) == 0 ? pick(KEYS) : pick(names);
      if (random.nextInt(5) == 0) {
        object.remove(key);
      } else if (random.nextInt(10) == 0 && object.has(key)) {
        JsonNode value = object.remove(key);
        object.set(key + "x", value);
      } else {
        object.set(key, value(object.path(key)));
      }
    } else {
      ArrayNode array = (ArrayNode) container;
      int at = random.nextInt(array.size() + 1);
      if (at == array.size() || random.nextInt(4) == 0) {
        array.insert(at, !array.isEmpty() && random.nextBoolean() ? array.get(0) : value(array));
      } else if (random.nextInt(3) == 0) {
        array.remove(at);
      } else {
        array.set(at, value(array.get(at)));
      }
    }
  }

  private JsonNode value(JsonNode old) throws IOException {
    if (old.isBoolean() && random.nextInt(2) == 0) {
      return JSON.getNodeFactory().booleanNode(!old.asBoolean());
    }
    if (old.isInt() && random.nextInt(2) == 0) {
      return JSON.getNodeFactory().numberNode(old.asInt() + random.nextInt(7) - 3);
    }
    if (old.isTextual() && random.nextInt(3) == 0) {
      return new TextNode(old.asText() + pick(List.of("x", " ", "\u00e9", "A")));
    }
    return JSON.readTree(pick(VALUES));
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}
