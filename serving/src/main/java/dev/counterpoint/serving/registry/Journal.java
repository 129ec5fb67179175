package dev.counterpoint.serving.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * An append-only file with one JSON object per line. Each has the {@code hash} of its other keys,
 * as JSON without white space, among them the hash of the line before as {@code previous}. A last
 * line without a line break was being written when a process or the machine stopped, and does not
 * count.
 */
record Journal(Path file) {
  private static final String PREVIOUS = "previous";
  private static final String HASH = "hash";

  /**
   * The lines in order, without their hashes; none if the file does not exist.
   *
   * @throws DamagedFile if a line is not what was written
   */
  List<ObjectNode> read() throws IOException {
    String previous = "";
    List<ObjectNode> entries = new ArrayList<>();
    byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    String complete = new String(content, 0, end(content), StandardCharsets.UTF_8);
    for (String line : complete.lines().toList()) {
      ObjectNode entry = parse(line);
      String hash = entry.path(HASH).asText();
      String before = entry.path(PREVIOUS).asText();
      entry.remove(HASH);
      if (!hash.equals(hash(entry)) || !before.equals(previous)) {
        throw new DamagedFile(file, "line " + (entries.size() + 1) + " is not what was written");
      }
      entry.remove(PREVIOUS);
      entries.add(entry);
      previous = hash;
    }
    return entries;
  }

  /** Appends a line, and returns after it is flushed to disk. The caller holds a lock. */
  void append(ObjectNode entry) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      byte[] content = Files.readAllBytes(file);
      int end = end(content);
      String before = new String(content, 0, end, StandardCharsets.UTF_8);
      ObjectNode linked =
          entry
              .deepCopy()
              .put(PREVIOUS, before.lines().reduce("", (a, b) -> parse(b).path(HASH).asText()));
      linked.put(HASH, hash(linked));
      channel.truncate(end);
      ByteBuffer line = ByteBuffer.wrap((linked + "\n").getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line, end + line.position());
      }
      channel.force(true);
    }
  }

  private static int end(byte[] content) {
    int end = content.length;
    while (end > 0 && content[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private static ObjectNode parse(String line) {
    try {
      JsonNode entry = Json.MAPPER.readTree(line);
      return entry instanceof ObjectNode object ? object : Json.MAPPER.createObjectNode();
    } catch (JsonProcessingException e) {
      return Json.MAPPER.createObjectNode(); // has no hash
    }
  }

  private static String hash(ObjectNode entry) {
    return Sha256.of(entry.toString().getBytes(StandardCharsets.UTF_8));
  }
}
