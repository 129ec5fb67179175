package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.storage.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the items of questions are known by: tokenizer, splits, their questions and windows. */
final class QuestionHash {
  private static final int PART = 16;

  private final MessageDigest items = Sha256.begin();
  private final Map<String, String> parts = new LinkedHashMap<>();

  QuestionHash(byte[] tokenizerJson) {
    items.update(tokenizerJson);
  }

  /** Takes in a split. */
  void add(String split, List<Question> questions, List<Window> windows) {
    MessageDigest asked = Sha256.begin();
    questions.forEach(question -> asked.update(bytes(question + "\n")));
    byte[] hash = asked.digest();
    parts.put(split, HexFormat.of().formatHex(hash).substring(0, PART));
    items.update(bytes(split));
    items.update(hash);
    windows.forEach(window -> items.update(numbers(window)));
  }

  /** As {@link DataSplits#fingerprint()}. */
  String fingerprint() {
    return DataSplits.fingerprint(Sha256.hex(items), parts);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] numbers(Window window) {
    ByteBuffer numbers = ByteBuffer.allocate((6 + window.ids().length) * Integer.BYTES);
    numbers.putInt(window.question()).putInt(window.contextFrom()).putInt(window.contextType());
    numbers.putInt(window.first()).putInt(window.last()).putInt(window.ids().length);
    for (int id : window.ids()) {
      numbers.putInt(id);
    }
    return numbers.array();
  }
}
