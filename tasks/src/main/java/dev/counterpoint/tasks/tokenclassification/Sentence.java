package dev.counterpoint.tasks.tokenclassification;

import dev.counterpoint.tasks.table.SourceFile;
import java.util.List;

/**
 * The words of a sentence, and their tags.
 *
 * @param line the line of the first word, counted from 1
 * @param hasLinePerWord whether each word is on a separate line
 */
record Sentence(
    SourceFile file, List<String> words, List<String> tags, long line, boolean hasLinePerWord) {
  Sentence {
    words = List.copyOf(words);
    tags = List.copyOf(tags);
  }

  Sentence withTags(List<String> other) {
    return new Sentence(file, words, other, line, hasLinePerWord);
  }

  /** The file and line of a word. */
  String origin(int word) {
    return file.origin(line + (hasLinePerWord ? word : 0));
  }
}
