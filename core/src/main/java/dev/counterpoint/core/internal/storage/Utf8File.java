package dev.counterpoint.core.internal.storage;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads text files as strict UTF-8. */
public final class Utf8File {
  private static final int MAX_BYTES = 1 << 28;

  private Utf8File() {}

  /**
   * Reads a whole file.
   *
   * @throws InvalidSettings if the file is larger than 256 MB, such as a device that does not end,
   *     or not UTF-8; the message has the offset of the first byte that is not, and the likely
   *     encoding
   */
  public static String read(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      byte[] content = bytes.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new InvalidSettings("%s is larger than 256 MB.", file);
      }
      return decode(content, file.toString());
    }
  }

  /** Decodes the content of a file. */
  public static String decode(byte[] content, String name) {
    int invalid = invalidByte(content);
    if (invalid >= 0) {
      throw new InvalidSettings(name + " " + problem(content, invalid, 0));
    }
    return new String(content, StandardCharsets.UTF_8);
  }

  /** Offset of the first byte that is not UTF-8; -1 if there is none. */
  public static int invalidByte(byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    CharBuffer characters = CharBuffer.allocate(content.length);
    boolean valid =
        StandardCharsets.UTF_8.newDecoder().decode(bytes, characters, true).isUnderflow();
    return valid ? -1 : bytes.position();
  }

  /**
   * Describes an invalid byte.
   *
   * @param content the bytes around it
   * @param invalid the result of {@link #invalidByte}
   * @param start the offset of the content in its file
   */
  public static String problem(byte[] content, int invalid, long start) {
    if (start == 0 && invalid == 1 && content[0] == 0x1f && content[1] == (byte) 0x8b) {
      return "is compressed with gzip; its name must end in .gz.";
    }
    boolean wide = start + invalid == 0 && (content[0] & 0xFF) >= 0xFE;
    return "is not UTF-8 text: byte 0x%s at offset %s; most likely it is %s. Save the file as UTF-8."
        .formatted(
            Integer.toHexString(content[invalid] & 0xFF),
            start + invalid,
            wide ? "UTF-16" : "Latin-1 or Windows-1252");
  }
}
