package dev.counterpoint.tasks.table;

import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.zip.ZipException;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A data file: tab-separated, comma-separated or JSON, depending on its extension, and optionally
 * gzip-compressed.
 */
public record SourceFile(Path path) {
  private static final String GZIP = ".gz";

  /** Reads the table. Errors in the content name the file and, if known, the line. */
  public <T> T read(TableReader<T> reader) throws IOException {
    return read(TableFormat.defaults(), reader);
  }

  /** Like {@link #read(TableReader)}; delimited values have the given format. */
  public <T> T read(TableFormat format, TableReader<T> reader) throws IOException {
    try {
      return readTable(format, reader);
    } catch (ZipException e) {
      throw invalidGzip(e);
    }
  }

  /** Reads the file as plain text. Errors in the content name the file. */
  public void readText(TextReader reader) throws IOException {
    try (Reader text = text()) {
      reader.read(text);
    } catch (CharacterCodingException e) {
      throw notUtf8();
    } catch (ZipException e) {
      throw invalidGzip(e);
    }
  }

  private InvalidSettings invalidGzip(IOException e) {
    return new InvalidSettings(path + " is not a complete gzip file: " + e.getMessage());
  }

  private <T> T readTable(TableFormat format, TableReader<T> reader) throws IOException {
    try (Table table = open(format)) {
      if (table.columns().isEmpty()) {
        throw new InvalidSettings(path + " is empty.");
      }
      return reader.read(table);
    } catch (CharacterCodingException e) {
      throw notUtf8();
    }
  }

  /** Describes why the file cannot be read as a table; null if it can. */
  public @Nullable String problem() {
    return problem(false);
  }

  /**
   * Describes why the file cannot be read; null if it can.
   *
   * @param asText whether the file is read as plain text, so that any extension is allowed
   */
  public @Nullable String problem(boolean asText) {
    if (!Files.exists(path)) {
      return path + " does not exist. " + FolderListing.of(path);
    }
    if (Files.isDirectory(path)) {
      return path + " is a folder; a file is needed. " + FolderListing.within(path);
    }
    if (!Files.isReadable(path)) {
      return path + " is not readable by this user.";
    }
    return asText || format() != Format.UNKNOWN
        ? null
        : path
            + " has an unknown file extension. Supported: .tsv, .csv, .jsonl and .json, each also"
            + " with .gz; text-generation also reads .txt.";
  }

  /**
   * Identifies the state of the file without reading it: its path, size and modification time. If
   * the file system provides them, the inode number and the time of the last status change are
   * included, because {@code cp -p}, {@code rsync -t} and {@code tar} restore the modification
   * time.
   */
  public String stamp() throws IOException {
    Path realPath = path.toRealPath();
    BasicFileAttributes file = Files.readAttributes(realPath, BasicFileAttributes.class);
    String stamp =
        realPath + " " + file.size() + " " + file.lastModifiedTime() + " " + file.fileKey();
    return realPath.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? stamp + " " + Files.getAttribute(realPath, "unix:ctime")
        : stamp;
  }

  /** The first 16 hexadecimal digits of the SHA-256 of the file's bytes. */
  public String hash() throws IOException {
    return Sha256.of(path).substring(0, 16);
  }

  /** Creates an exception about a line of this file, counted from 1. */
  public InvalidSettings invalidLine(long line, String message) {
    return new InvalidSettings(origin(line) + " " + message);
  }

  public String origin(long line) {
    return path + " line " + line;
  }

  private Table open(TableFormat table) throws IOException {
    Reader reader = text();
    try {
      return switch (format()) {
        case TABS -> DelimitedTable.tabs(this, table, reader);
        case COMMAS -> DelimitedTable.commas(this, table, reader);
        case JSON -> new JsonTable(this, reader);
        case UNKNOWN -> throw new InvalidSettings(String.valueOf(problem()));
      };
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private Format format() {
    String name = name();
    String uncompressed = isGzipped() ? name.substring(0, name.length() - GZIP.length()) : name;
    return switch (uncompressed.substring(uncompressed.lastIndexOf('.') + 1)) {
      case "tsv" -> Format.TABS;
      case "csv" -> Format.COMMAS;
      case "json", "jsonl" -> Format.JSON;
      default -> Format.UNKNOWN;
    };
  }

  private boolean isGzipped() {
    return name().endsWith(GZIP);
  }

  private String name() {
    return String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
  }

  /** Decodes strict UTF-8, and skips the byte order mark that some programs write. */
  private Reader text() throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(bytes(), StandardCharsets.UTF_8.newDecoder()));
    try {
      reader.mark(1);
      if (reader.read() != '\uFEFF') {
        reader.reset();
      }
      return reader;
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  private InputStream bytes() throws IOException {
    InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    try {
      return isGzipped() ? new Gzip(file) : file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private InvalidSettings notUtf8() throws IOException {
    try (InputStream bytes = bytes()) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long number = 1;
      long start = 0;
      boolean isAfterReturn = false;
      for (int next = bytes.read(); ; next = bytes.read()) {
        if (next >= 0) {
          line.write(next);
        }
        if (next == '\r' || (next == '\n' && !isAfterReturn) || next < 0) {
          byte[] content = line.toByteArray();
          int invalid = Utf8File.invalidByte(content);
          if (invalid >= 0 || next < 0) {
            return invalidLine(number, Utf8File.problem(content, Math.max(invalid, 0), start));
          }
          number++;
          start += content.length;
          line.reset();
        }
        isAfterReturn = next == '\r';
      }
    }
  }

  /** All members of a gzip file. {@code GZIPInputStream} ignores what follows a damaged member. */
  private static final class Gzip extends FilterInputStream {
    Gzip(InputStream file) throws IOException {
      super(file);
      in = opened(file);
    }

    private static InputStream opened(InputStream file) throws IOException {
      try {
        return new GzipCompressorInputStream(file, true);
      } catch (IOException e) {
        throw damaged(e);
      }
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (IOException e) {
        throw damaged(e);
      }
    }

    private static IOException damaged(IOException e) {
      return e instanceof FileSystemException ? e : new ZipException(e.getMessage());
    }
  }

  private enum Format {
    TABS,
    COMMAS,
    JSON,
    UNKNOWN
  }

  /** Callback that reads an open text file. */
  @FunctionalInterface
  public interface TextReader {
    void read(Reader text) throws IOException;
  }

  /** Callback that reads an open table. */
  @FunctionalInterface
  public interface TableReader<T> {
    T read(Table table) throws IOException;
  }
}
