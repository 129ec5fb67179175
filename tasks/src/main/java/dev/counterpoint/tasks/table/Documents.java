package dev.counterpoint.tasks.table;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import org.jspecify.annotations.Nullable;

/**
 * Reader that streams the documents of a file in pieces: a {@code .txt} file is one document, and
 * each row of a table is one document.
 *
 * <p>A {@code .txt} file is split before white space, so that tokenizing the pieces gives the same
 * tokens as tokenizing the whole. If 4 Mi chars have no such position, such as one very long word
 * or only white space, the text is split anyway. In that case the tokens next to the split can
 * differ from those of the whole text, and a combining character (such as an accent that follows
 * its letter) can be separated from its base character.
 *
 * @param column the text column of a table; null to detect it
 */
public record Documents(TableSource file, @Nullable String column) {
  /** Number of chars read at once. */
  private static final int CHUNK = 1 << 20;

  /** Maximum number of chars buffered while no position to split at is found. */
  private static final int MAX_BUFFERED = 4 * CHUNK;

  /** Requires that the files can be read, as {@link SourceFile#requireReadable}. */
  public Documents requireReadable() {
    file.requireReadable(isText());
    return this;
  }

  /**
   * Passes all pieces to the handler, in order.
   *
   * @return the result of {@link Columns#describeDetected}; empty for a text file
   */
  public String read(PieceHandler handler) throws IOException {
    if (isText()) {
      for (SourceFile each : file.files()) {
        each.readText(text -> split(text, handler));
      }
      return "";
    }
    Columns columns = new Columns(column, null);
    return file.read(
        table -> {
          String text = columns.textColumn(file, table);
          for (Table.Row row = table.next(); row != null; row = table.next()) {
            String document = row.get(text);
            if (document.length() > CHUNK) {
              split(new StringReader(document), handler);
            } else {
              handler.piece(document, true);
            }
          }
          return columns.describeDetected(table, text, null);
        });
  }

  private boolean isText() {
    return file.files().stream()
        .allMatch(it -> it.path().toString().matches("(?i).*\\.txt(\\.gz|\\.zst)?"));
  }

  private static void split(Reader text, PieceHandler handler) throws IOException {
    StringBuilder buffer = new StringBuilder();
    char[] chunk = new char[CHUNK];
    for (int count = text.read(chunk); count >= 0; count = text.read(chunk)) {
      buffer.append(chunk, 0, count);
      int end = lastSplit(buffer);
      if (end == 0 && buffer.length() >= MAX_BUFFERED) {
        end = forcedSplit(buffer);
      }
      if (end > 0) {
        handler.piece(buffer.substring(0, end), false);
        buffer.delete(0, end);
      }
    }
    handler.piece(buffer.toString(), true);
  }

  /**
   * Returns the position of the last white space that follows other text, or 0 if there is none.
   * The tokenizers of BERT and GPT-2 also split there. GPT-2 joins all white space before a word,
   * so a piece must include all of it. White space that begins with a space is preferred: other
   * tokenizers join a line break to the preceding character, or add a space before a text that does
   * not begin with one.
   */
  private static int lastSplit(CharSequence text) {
    int lastOther = 0;
    for (int i = text.length() - 1; i > 0; i--) {
      if (isSpace(text.charAt(i)) && !isSpace(text.charAt(i - 1))) {
        if (text.charAt(i) == ' ') {
          return i;
        }
        lastOther = Math.max(lastOther, i);
      }
    }
    return lastOther;
  }

  /** Returns the end of the text, but not a position within a surrogate pair. */
  private static int forcedSplit(CharSequence text) {
    int end = text.length();
    return Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
  }

  /** White space as in Unicode regular expressions, including no-break spaces and NEL (U+0085). */
  private static boolean isSpace(char c) {
    return Character.isSpaceChar(c) || (c >= '\t' && c <= '\r') || c == '\u0085';
  }

  /** Callback that receives each piece of a document. */
  @FunctionalInterface
  public interface PieceHandler {
    void piece(String text, boolean endsDocument) throws IOException;
  }
}
