package dev.counterpoint.tasks.table;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.util.Native;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.FileAccess;
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
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipException;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * A data file: tab-separated, comma-separated, JSON or Parquet, depending on its extension. Text
 * may be compressed by gzip or Zstandard.
 *
 * @param name the name in messages: the path, or the query whose rows are in the file
 */
public record SourceFile(Path path, String name) {
  private static final String GZIP = ".gz";
  private static final String ZSTANDARD = ".zst";

  /** Creates a data file that messages name by its path. */
  public SourceFile(Path path) {
    this(path, path.toString());
  }

  /** Reads the file as plain text. Errors in the content name the file. */
  public void readText(TextReader reader) throws IOException {
    try (Reader text = text()) {
      reader.read(text);
    } catch (CharacterCodingException | ZipException e) {
      throw invalid(e);
    }
  }

  /** Describes a file that is not UTF-8, or whose compressed data is damaged. */
  InvalidSettings invalid(IOException e) throws IOException {
    try {
      if (e instanceof CharacterCodingException) {
        return notUtf8();
      }
    } catch (ZipException damaged) {
      return invalid(damaged);
    }
    return new InvalidSettings(
        "%s is not a complete %s file: %s",
        path, isGzipped() ? "gzip" : "Zstandard", String.valueOf(e.getMessage()));
  }

  /**
   * Requires that the file can be read.
   *
   * @param asText whether the file is read as plain text, so that any extension is allowed
   * @throws InvalidSettings if it cannot be read
   */
  public void requireReadable(boolean asText) {
    FileAccess.requireAccess(path);
    if (!Files.exists(path)) {
      throw new InvalidSettings("%s does not exist. %s", path, FolderListing.of(path));
    }
    if (!Files.isRegularFile(path)) {
      throw new InvalidSettings(
          "%s must be a regular file, because it is read more than once.", path);
    }
    if (!asText && format() == Format.UNKNOWN) {
      throw unknownFormat();
    }
  }

  private InvalidSettings unknownFormat() {
    return new InvalidSettings(
        "%s has an unknown file extension. Supported: .parquet, .tsv, .csv, .jsonl and .json, all"
            + " but .parquet also with .gz or .zst; text-generation also reads .txt.",
        path);
  }

  /**
   * Identifies the state of the file without reading it: its path, size and modification time. If
   * the file system provides them, the inode number and the time of the last status change are
   * included, because {@code cp -p}, {@code rsync -t} and {@code tar} restore the modification
   * time.
   */
  public String stamp() throws IOException {
    if (isQuery()) {
      return String.valueOf(path.resolveSibling("").getFileName()); // A hash of the rows.
    }
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
    return name + (format() != Format.PARQUET && !isQuery() ? " line " : " row ") + line;
  }

  /** Opens the table, which is closed by the caller. */
  Table open(TableFormat table) throws IOException {
    if (format() == Format.PARQUET) {
      return QueryTable.ofParquet(this);
    }
    List<String> keys = List.of();
    if (format() == Format.JSON) {
      try (Reader reader = text()) {
        keys = JsonTable.keys(reader);
      }
    }
    Reader reader = text();
    try {
      return switch (format()) {
        case TABS -> DelimitedTable.tabs(this, table, reader);
        case COMMAS -> DelimitedTable.commas(this, table, reader);
        case JSON -> new JsonTable(this, reader, keys);
        default -> throw unknownFormat();
      };
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /** Whether the extension, without that of a compression, is one of JSON. */
  public boolean isJson() {
    return format() == Format.JSON;
  }

  private Format format() {
    String uncompressed = fileName().replaceFirst("\\.(gz|zst)$", "");
    String extension = uncompressed.substring(uncompressed.lastIndexOf('.') + 1);
    return switch (extension) {
      case "parquet" -> uncompressed.equals(fileName()) ? Format.PARQUET : Format.UNKNOWN;
      case "tsv" -> Format.TABS;
      case "csv" -> Format.COMMAS;
      case "json", "jsonl" -> Format.JSON;
      default -> Format.UNKNOWN;
    };
  }

  /** Whether the file has the rows of a query, one per line. */
  private boolean isQuery() {
    return !name.equals(path.toString());
  }

  private boolean isGzipped() {
    return fileName().endsWith(GZIP);
  }

  private String fileName() {
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
      return isGzipped()
          ? new Compressed(file, it -> new GzipCompressorInputStream(it, true))
          : fileName().endsWith(ZSTANDARD) ? new Compressed(file, SourceFile::zstandard) : file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** Decodes Zstandard, whose library is unpacked below the cache for each process. */
  private static InputStream zstandard(InputStream file) throws IOException {
    if (!Native.isLoaded()) {
      Native.load(FileAccess.createPrivateFolder(CacheFolder.path().resolve("zstandard")).toFile());
    }
    return new ZstdInputStreamNoFinalizer(file);
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

  /** Decoder of a compressed file. */
  @FunctionalInterface
  private interface Decoder {
    InputStream open(InputStream file) throws IOException;
  }

  /**
   * The content of a compressed file, with all its members. {@code GZIPInputStream} ignores what
   * follows a damaged member.
   */
  private static final class Compressed extends FilterInputStream {
    Compressed(InputStream file, Decoder decoder) throws IOException {
      super(file);
      try {
        in = decoder.open(file);
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
      String message = e.getMessage();
      return e instanceof FileSystemException
          ? e
          : new ZipException(message == null ? "it ends too early" : message);
    }
  }

  private enum Format {
    TABS,
    COMMAS,
    JSON,
    PARQUET,
    UNKNOWN
  }

  /** Callback that reads an open text file. */
  @FunctionalInterface
  public interface TextReader {
    void read(Reader text) throws IOException;
  }
}
