package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.Sha256;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** A file of rows: tab- or comma-separated or JSON by its ending, and perhaps gzipped. */
public record SourceFile(Path path) {
  private static final String ZIPPED = ".gz";

  /** Reads the whole table; what is wrong with the file is said of the file. */
  public <T> T read(TableReader<T> reader) throws IOException {
    try {
      return readUnzipped(reader);
    } catch (ZipException | EOFException e) {
      throw notWhole(e);
    }
  }

  /** Reads the whole text; what is wrong with the file is said of the file. */
  public void readText(TextReader reader) throws IOException {
    try (Reader text = text()) {
      reader.read(text);
    } catch (CharacterCodingException e) {
      throw new InvalidSettings(path + " is not UTF-8 text; save the file as UTF-8.");
    } catch (ZipException | EOFException e) {
      throw notWhole(e);
    }
  }

  private InvalidSettings notWhole(IOException e) {
    return new InvalidSettings(path + " is not a whole gzip file: " + e.getMessage());
  }

  private <T> T readUnzipped(TableReader<T> reader) throws IOException {
    try (Table table = open()) {
      if (table.columns().isEmpty()) {
        throw new InvalidSettings(path + " is empty.");
      }
      return reader.read(table);
    } catch (CharacterCodingException e) {
      throw wrong(lineThatIsNotUtf8(), "is not UTF-8 text; save the file as UTF-8.");
    }
  }

  /** What keeps the table from being read at all, or null. */
  public @Nullable String problem() {
    return problem(false);
  }

  /**
   * What keeps the file from being read at all, or null.
   *
   * @param asText whether it need not be a table
   */
  public @Nullable String problem(boolean asText) {
    if (!Files.exists(path)) {
      return path + " does not exist. " + FolderListing.of(path);
    }
    if (Files.isDirectory(path)) {
      return path + " is a folder; a file is needed. " + FolderListing.within(path);
    }
    if (!Files.isReadable(path)) {
      return path + " may not be read by this user.";
    }
    return asText || format() != Format.UNKNOWN
        ? null
        : path
            + " has an ending that tells no format. Known are .tsv, .csv, .jsonl and .json, and"
            + " each of them with .gz.";
  }

  /**
   * What the file would not have in common with a changed one: its place, size, and time of change;
   * and, where the file system has them, its number and the time when anything of it was changed
   * last, as {@code cp -p}, {@code rsync -t} and {@code tar} set the other time back.
   */
  public String stamp() throws IOException {
    Path real = path.toRealPath();
    BasicFileAttributes file = Files.readAttributes(real, BasicFileAttributes.class);
    String stamp = real + " " + file.size() + " " + file.lastModifiedTime() + " " + file.fileKey();
    return real.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? stamp + " " + Files.getAttribute(real, "unix:ctime")
        : stamp;
  }

  /** The beginning of the SHA-256 of its bytes: what a changed one would not have in common. */
  public String hash() throws IOException {
    MessageDigest digest = Sha256.begin();
    try (InputStream in = Files.newInputStream(path);
        OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  /** A message about a line of this file, counted from 1. */
  public InvalidSettings wrong(long line, String message) {
    return new InvalidSettings(origin(line) + " " + message);
  }

  public String origin(long line) {
    return path + " line " + line;
  }

  private Table open() throws IOException {
    Reader reader = text();
    try {
      return switch (format()) {
        case TABS -> DelimitedTable.tabs(this, reader);
        case COMMAS -> DelimitedTable.commas(this, reader);
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
    String bare = isZipped() ? name.substring(0, name.length() - ZIPPED.length()) : name;
    return switch (bare.substring(bare.lastIndexOf('.') + 1)) {
      case "tsv" -> Format.TABS;
      case "csv" -> Format.COMMAS;
      case "json", "jsonl" -> Format.JSON;
      default -> Format.UNKNOWN;
    };
  }

  private boolean isZipped() {
    return name().endsWith(ZIPPED);
  }

  private String name() {
    return String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
  }

  /** Strict UTF-8, without the byte order mark that some programs begin a file with. */
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
      return isZipped() ? new GZIPInputStream(file, 1 << 16) : file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private long lineThatIsNotUtf8() throws IOException {
    try (InputStream bytes = bytes()) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long number = 1;
      for (int next = bytes.read(); next >= 0; next = bytes.read()) {
        line.write(next);
        if (next == '\n') {
          if (!isUtf8(line.toByteArray())) {
            return number;
          }
          number++;
          line.reset();
        }
      }
      return number;
    }
  }

  private static boolean isUtf8(byte[] line) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private enum Format {
    TABS,
    COMMAS,
    JSON,
    UNKNOWN
  }

  /** What is done with an open text. */
  @FunctionalInterface
  public interface TextReader {
    void read(Reader text) throws IOException;
  }

  /** What is done with an open table. */
  @FunctionalInterface
  public interface TableReader<T> {
    T read(Table table) throws IOException;
  }
}
