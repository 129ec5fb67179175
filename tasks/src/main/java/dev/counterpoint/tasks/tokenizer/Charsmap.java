package dev.counterpoint.tasks.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Character map of SentencePiece's normalizer: the number of bytes of a trie, the trie as a double
 * array of 32-bit units (Darts-clone), and the replacements, each ending in 0. The trie maps the
 * bytes of a text to the position of its replacement. The native library aborts the process if a
 * position does not exist.
 */
record Charsmap(IntBuffer trie, ByteBuffer replacements) {
  /** Maximum length of a replacement, in bytes, relative to the replaced text. */
  static final int MAX_GROWTH = 12;

  private static final int FLAG = 1 << 31;

  static boolean isValid(String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      ByteBuffer map = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int size = bytes.length < 8 ? 0 : map.getInt();
      if (size < 4
          || size % 4 != 0
          || size > map.remaining()
          || !Base64.getEncoder().encodeToString(bytes).equals(base64)) {
        return false;
      }
      ByteBuffer text = map.slice(4 + size, map.remaining() - size);
      StandardCharsets.UTF_8.newDecoder().decode(text.duplicate());
      IntBuffer units = map.slice(4, size).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
      return new Charsmap(units, text).isValid();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return false;
    }
  }

  /** Visits all units that a text can reach, those of short texts first. */
  private boolean isValid() {
    BitSet visited = new BitSet(trie.limit());
    Set<Integer> nodes = Set.of(next(0));
    for (int bytes = 1; !nodes.isEmpty(); bytes++) {
      Set<Integer> following = new HashSet<>();
      for (int node : nodes) {
        if ((node | 255) >= trie.limit()) {
          return false;
        }
        for (int label = 1; label < 256 && !visited.get(node); label++) {
          int unit = trie.get(node ^ label);
          if ((unit & (FLAG | 255)) == label) {
            int child = next(node ^ label);
            if ((unit >> 8 & 1) == 1 && !isReplacement(child, bytes * MAX_GROWTH)) {
              return false;
            }
            following.add(child);
          }
        }
        visited.set(node);
      }
      nodes = following;
    }
    return true;
  }

  /** The position of a unit with the offset in the unit at another position applied. */
  private int next(int position) {
    int unit = trie.get(position);
    return position ^ (unit >>> 10 << ((unit & 1 << 9) >> 6));
  }

  private boolean isReplacement(int leaf, int maxBytes) {
    if (leaf < 0 || leaf >= trie.limit()) {
      return false;
    }
    int start = trie.get(leaf) & ~FLAG;
    int end = start;
    while (end < replacements.limit() && end - start <= maxBytes && replacements.get(end) != 0) {
      end++;
    }
    return start < replacements.limit()
        && (replacements.get(start) & 0xC0) != 0x80
        && end - start <= maxBytes;
  }
}
