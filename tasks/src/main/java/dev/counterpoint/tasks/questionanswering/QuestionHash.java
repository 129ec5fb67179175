package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fingerprint of question answering data: tokenizer, splits, questions and windows. */
final class QuestionHash {
  private static final int PART_LENGTH = 16;

  private final MessageDigest examples = Sha256.begin();
  private final Map<String, String> parts = new LinkedHashMap<>();

  QuestionHash(byte[] tokenizerJson) {
    examples.update(tokenizerJson);
  }

  /** Adds a split. */
  void add(String split, List<Question> questions, List<Window> windows) {
    MessageDigest digest = Sha256.begin();
    questions.forEach(question -> digest.update(bytes(question + "\n")));
    byte[] hash = digest.digest();
    parts.put(split, HexFormat.of().formatHex(hash).substring(0, PART_LENGTH));
    examples.update(bytes(split));
    examples.update(hash);
    windows.forEach(window -> examples.update(numbers(window)));
  }

  /** Fingerprint in the format of {@link DataSplits#fingerprint()}. */
  String fingerprint() {
    return DataSplits.fingerprint(Sha256.hex(examples), parts);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] numbers(Window window) {
    ByteBuffer numbers = ByteBuffer.allocate((6 + window.ids().length) * Integer.BYTES);
    numbers.putInt(window.question()).putInt(window.contextFrom()).putInt(window.contextType());
    numbers.putInt(window.answerStart()).putInt(window.answerEnd()).putInt(window.ids().length);
    for (int id : window.ids()) {
      numbers.putInt(id);
    }
    return numbers.array();
  }
}
