package dev.counterpoint.core.data.text;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Texts of any length, handed over a piece at a time: a {@code .txt} file is one document, and each
 * row of a table is one.
 *
 * @param column of a table; null to find it by its name
 */
record Documents(SourceFile file, @Nullable String column) {
  private static final int PIECE = 1 << 20;

  static Documents of(Path path, @Nullable String column) {
    return new Documents(new SourceFile(path), column);
  }

  /** What keeps the file from being read at all, or null. */
  @Nullable String problem() {
    return file.problem(isText());
  }

  /** Hands over all pieces in turn. */
  void read(PieceHandler handler) throws IOException {
    if (isText()) {
      file.readText(text -> cut(text, handler));
      return;
    }
    file.read(
        table -> {
          String text = new Columns(column, null).textOf(file, table);
          for (Table.Row row = table.next(); row != null; row = table.next()) {
            handler.piece(row.get(text), true);
          }
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
      int end = lastLineEnd(waiting);
      if (end > 0) {
        handler.piece(waiting.substring(0, end), false);
        waiting.delete(0, end);
      }
    }
    handler.piece(waiting.toString(), true);
  }

  /**
   * Before the white space that ends a line behind a letter or sign: the tokenizers of BERT and
   * GPT-2 cut there, too. Behind the line end GPT-2's would join what two empty lines are made of.
   */
  private static int lastLineEnd(CharSequence text) {
    for (int i = text.length() - 1; i > 0; i--) {
      if ((text.charAt(i) == '\n' || text.charAt(i) == '\r') && !isSpace(text.charAt(i - 1))) {
        return i;
      }
    }
    return 0;
  }

  /** As regular expressions of Unicode have it: the no-break spaces and NEL, too. */
  private static boolean isSpace(char sign) {
    return Character.isWhitespace(sign) || Character.isSpaceChar(sign) || sign == '\u0085';
  }

  /** What is done with a piece. */
  @FunctionalInterface
  interface PieceHandler {
    void piece(String text, boolean endsDocument) throws IOException;
  }
}
