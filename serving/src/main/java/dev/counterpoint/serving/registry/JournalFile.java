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
 * as JSON without white space, among them the hash of the line before as {@code previous}. A part
 * of a line at the end was being written when a process or the machine stopped, and does not count.
 */
record JournalFile(Path file) {
  private static final String PREVIOUS = "previous";
  private static final String HASH = "hash";

  /**
   * What the file contains.
   *
   * @param entries without their hashes
   * @param last the hash of the last entry; empty if there is none
   * @param end the number of bytes of all entries
   * @param endsLine whether the last entry has its line break
   */
  private record Content(List<ObjectNode> entries, String last, long end, boolean endsLine) {}

  /**
   * The lines in order, without their hashes; empty if the file does not exist.
   *
   * @throws DamagedFile if a line is not what was written
   */
  List<ObjectNode> read() throws IOException {
    return content().entries;
  }

  private Content content() throws IOException {
    byte[] bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    List<ObjectNode> entries = new ArrayList<>();
    String last = "";
    int start = 0;
    while (start < bytes.length) {
      int end = start;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      ObjectNode entry = parse(new String(bytes, start, end - start, StandardCharsets.UTF_8));
      String hash = entry.path(HASH).asText();
      String previous = entry.path(PREVIOUS).asText();
      entry.remove(HASH);
      boolean isIntact = hash.equals(hash(entry)) && previous.equals(last);
      if (!isIntact && end == bytes.length) {
        return new Content(entries, last, start, true);
      }
      if (!isIntact) {
        throw new DamagedFile(
            file, "line " + (entries.size() + 1) + " differs from what was written");
      }
      entry.remove(PREVIOUS);
      entries.add(entry);
      last = hash;
      start = end + 1;
    }
    return new Content(entries, last, Math.min(start, bytes.length), start <= bytes.length);
  }

  /** Appends a line, and returns after it is flushed to disk. The caller holds a lock. */
  void append(ObjectNode entry) throws IOException {
    Content before = content();
    ObjectNode linked = entry.deepCopy().put(PREVIOUS, before.last);
    linked.put(HASH, hash(linked));
    String text = (before.endsLine ? "" : "\n") + linked + "\n";
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(before.end);
      ByteBuffer line = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line, before.end + line.position());
      }
      channel.force(true);
    }
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
    return Sha256.of(entry.toString());
  }
}
