package dev.counterpoint.tasks.table;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a query in a file of the cache folder: the number and the names of the columns, then each
 * row after a byte 1, and a byte 0. A value is the number of its bytes and its text in UTF-8; -1
 * for null; or -2, the number of texts, and the texts.
 */
final class RowsTable implements Table {
  private static final int NULL = -1;
  private static final int LIST = -2;

  private final SourceFile file;
  private final DataInputStream in;
  private final Map<String, Integer> positions = new LinkedHashMap<>();
  private long row;

  RowsTable(SourceFile file) throws IOException {
    this.file = file;
    in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file.path()), 1 << 16));
    int columns = in.readInt();
    for (int i = 0; i < columns; i++) {
      positions.put(String.valueOf(read()), i);
    }
  }

  private @Nullable Object read() throws IOException {
    int size = in.readInt();
    if (size == NULL) {
      return null;
    }
    if (size != LIST) {
      return new String(in.readNBytes(size), StandardCharsets.UTF_8);
    }
    List<String> texts = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      texts.add(String.valueOf(read()));
    }
    return texts;
  }

  @Override
  public List<String> columns() {
    return List.copyOf(positions.keySet());
  }

  @Override
  public @Nullable Row next() throws IOException {
    if (in.readByte() == 0) {
      return null;
    }
    Object[] values = new Object[positions.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = read();
    }
    return new ValueRow(file, ++row, positions, Arrays.asList(values));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Writes a file, and computes a hash that does not depend on the order of the rows. */
  static final class Writer implements Closeable {
    private final OutputStream file;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(buffer);
    private final List<String> columns;
    private final long[] sums = new long[4];
    private long rows;

    Writer(OutputStream file, List<String> columns) throws IOException {
      this.file = file;
      this.columns = columns;
      out.writeInt(columns.size());
      for (String column : columns) {
        put(column);
      }
      flush();
    }

    void add(Row row) throws IOException {
      out.writeByte(1);
      for (String column : columns) {
        List<String> list = row.list(column);
        if (list == null) {
          put(row.find(column));
        } else {
          out.writeInt(LIST);
          out.writeInt(list.size());
          for (String text : list) {
            put(text);
          }
        }
      }
      flush();
      rows++;
    }

    private void put(@Nullable String text) throws IOException {
      if (text == null) {
        out.writeInt(NULL);
      } else {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
      }
    }

    private void flush() throws IOException {
      buffer.writeTo(file);
      LongBuffer hash = ByteBuffer.wrap(Sha256.begin().digest(buffer.toByteArray())).asLongBuffer();
      for (int i = 0; i < sums.length; i++) {
        sums[i] += hash.get();
      }
      buffer.reset();
    }

    long rows() {
      return rows;
    }

    /** The hash of columns and rows, after {@link #close}. */
    String hash() {
      String text = rows + " " + Arrays.toString(sums);
      return Sha256.of(text.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
    }

    @Override
    public void close() throws IOException {
      file.write(0);
      file.close();
    }
  }
}
