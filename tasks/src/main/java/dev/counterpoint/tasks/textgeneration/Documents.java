package dev.counterpoint.tasks.textgeneration;

import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.table.Table;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Texts of any length, handed over a piece at a time: a {@code .txt} file is one document, and each
 * row of a table is one.
 *
 * <p>A document in a {@code .txt} file is cut before white space, so that the tokens of the pieces
 * are those of the whole. Of 4 Mi chars without such a place, as of one endless word, or of nothing
 * but white space, a piece is made nevertheless: there the tokens on both sides of the cut may be
 * others than in the whole, and a sign that the tokenizer would join to the one before it (an
 * accent that follows its letter) stands alone.
 *
 * @param column of a table; null to find it by its name
 */
record Documents(SourceFile file, @Nullable String column) {
  /** Chars that are read at once. */
  private static final int PIECE = 1 << 20;

  /** Chars that are kept at most while there is no place to cut. */
  private static final int LONGEST = 4 * PIECE;

  static Documents of(Path path, @Nullable String column) {
    return new Documents(new SourceFile(path), column);
  }

  /** What keeps the file from being read at all, or null. */
  @Nullable String problem() {
    return file.problem(isText());
  }

  /**
   * Hands over all pieces in turn.
   *
   * @return {@link Columns#choice}, empty for what is no table
   */
  String read(PieceHandler handler) throws IOException {
    if (isText()) {
      file.readText(text -> cut(text, handler));
      return "";
    }
    Columns columns = new Columns(column, null);
    return file.read(
        table -> {
          String text = columns.textOf(file, table);
          for (Table.Row row = table.next(); row != null; row = table.next()) {
            handler.piece(row.get(text), true);
          }
          return columns.choice(table, text, null);
        });
  }

  private boolean isText() {
    String name = String.valueOf(file.path().getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".txt") || name.endsWith(".txt.gz");
  }

  private static void cut(Reader text, PieceHandler handler) throws IOException {
    StringBuilder waiting = new StringBuilder();
    char[] read = new char[PIECE];
    for (int count = text.read(read); count >= 0; count = text.read(read)) {
      waiting.append(read, 0, count);
      int end = lastCut(waiting);
      if (end == 0 && waiting.length() >= LONGEST) {
        end = forcedCut(waiting);
      }
      if (end > 0) {
        handler.piece(waiting.substring(0, end), false);
        waiting.delete(0, end);
      }
    }
    handler.piece(waiting.toString(), true);
  }

  /**
   * Before the last white space behind another sign, 0 where there is none: the tokenizers of BERT
   * and GPT-2 cut there, too. GPT-2's takes the white space in front of a word together, so that a
   * piece must have all of it. White space that begins with a space goes first: other tokenizers
   * join a line end to the sign before it, or put a space before a text that begins without one.
   */
  private static int lastCut(CharSequence text) {
    int other = 0;
    for (int i = text.length() - 1; i > 0; i--) {
      if (isSpace(text.charAt(i)) && !isSpace(text.charAt(i - 1))) {
        if (text.charAt(i) == ' ') {
          return i;
        }
        other = Math.max(other, i);
      }
    }
    return other;
  }

  /** At the end, but not within a sign of two chars. */
  private static int forcedCut(CharSequence text) {
    int end = text.length();
    return Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
  }

  /** As regular expressions of Unicode have it: the no-break spaces and NEL, too. */
  private static boolean isSpace(char sign) {
    return Character.isSpaceChar(sign) || (sign >= '\t' && sign <= '\r') || sign == '\u0085';
  }

  /** What is done with a piece. */
  @FunctionalInterface
  interface PieceHandler {
    void piece(String text, boolean endsDocument) throws IOException;
  }
}
