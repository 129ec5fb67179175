package dev.counterpoint.core.internal.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Atomic file writes: the content goes to a temporary file in the same directory, which is flushed
 * to disk and then renamed. A reader sees the old or the new file, never a part.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes a file or a folder. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path path) throws IOException;
  }

  /** Writes a file, replacing an existing one. */
  public static void write(Path file, Content content) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.deleteIfExists(temporary);
      content.writeTo(temporary);
      DiskSync.ofFile(temporary);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(temporary, e);
      throw IoFailure.ofWrite(file, e);
    } catch (RuntimeException e) {
      delete(temporary, e);
      throw e;
    }
  }

  private static void delete(Path temporary, Exception cause) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** Writes a UTF-8 text file. */
  public static void writeText(Path file, String content) throws IOException {
    write(file, temporary -> Files.writeString(temporary, content));
  }

  /** Writes an indented JSON file. */
  public static void writeJson(Path file, ObjectNode content) throws IOException {
    writeText(file, content.toPrettyString() + "\n");
  }

  /**
   * Reads a JSON file; an empty object if the file does not exist.
   *
   * @throws InvalidSettings if the file is not a JSON object
   */
  public static ObjectNode readJson(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Json.MAPPER.createObjectNode();
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("%s is not a regular file.", file); // A pipe might never end.
    }
    try {
      if (Json.MAPPER.readTree(Utf8File.read(file)) instanceof ObjectNode object) {
        return object;
      }
      throw new InvalidSettings("%s is damaged: it is not a JSON object.", file);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          file + " is damaged: it is not valid JSON (" + Json.problem(e) + ").");
    }
  }
}
