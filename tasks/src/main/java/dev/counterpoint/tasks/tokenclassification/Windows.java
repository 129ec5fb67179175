package dev.counterpoint.tasks.tokenclassification;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Splits words into tokens, and sentences that exceed the model's maximum length into windows,
 * which share a quarter of their tokens. A word is scored by its first token, in the window in
 * which that token has the most context on its shorter side.
 */
final class Windows implements AutoCloseable {
  /** The smallest window: it has room for special tokens and for tokens that are shared. */
  static final int MIN_LENGTH = 8;

  private final Tokenizer source;
  private final HuggingFaceTokenizer tokenizer;

  /** Prefix of each word: a blank, if the tokens of a word differ after a blank. */
  private final String prefix;

  Windows(Tokenizer source, int maxLength) throws IOException {
    this.source = source;
    tokenizer = source.load("true", maxLength, maxLength / 4);
    try {
      source.checkRoom(encode(""), maxLength, maxLength / 2);
    } catch (InvalidSettings e) {
      tokenizer.close();
      throw e;
    }
    prefix = Arrays.equals(encode("a").getIds(), encode(" a").getIds()) ? "" : " ";
  }

  private Encoding encode(String... words) {
    return source.encode(() -> tokenizer.encode(words, true, true), words);
  }

  /** Returns the windows of a sentence. */
  List<Window> split(List<String> words) {
    Encoding first = encode(words.stream().map(prefix::concat).toArray(String[]::new));
    List<Encoding> encodings =
        Stream.concat(Stream.of(first), Arrays.stream(first.getOverflowing())).toList();
    int[] window = new int[words.size()];
    int[] position = new int[words.size()];
    int[] context = new int[words.size()];
    Arrays.fill(context, -1);
    Arrays.fill(position, -1);
    for (int i = 0; i < encodings.size(); i++) {
      long[] special = encodings.get(i).getSpecialTokenMask();
      long[] ofWord = encodings.get(i).getWordIds();
      int[] own = IntStream.range(0, special.length).filter(it -> special[it] == 0).toArray();
      for (int j = 0; j < own.length; j++) {
        int word = (int) ofWord[own[j]];
        boolean isFirst = j == 0 || ofWord[own[j - 1]] != word;
        int around = Math.min(j, own.length - 1 - j);
        if (isFirst && around > context[word]) {
          window[word] = i;
          position[word] = own[j];
          context[word] = around;
        }
      }
    }
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < encodings.size(); i++) {
      int number = i;
      int[] scored = IntStream.range(0, window.length).filter(it -> window[it] == number).toArray();
      long[] ids = encodings.get(i).getIds();
      windows.add(
          new Window(
              ids.length == 0 ? new long[] {source.special().unknown()} : ids,
              scored,
              Arrays.stream(scored).map(it -> position[it]).toArray()));
    }
    return windows;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
