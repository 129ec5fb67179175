package dev.counterpoint.tasks.internal.cache;

import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * Manifest of a folder: the length and hash of each file, stored in an additional file, so that
 * damage is detected before anything is read.
 *
 * <p>Files of up to 16 MiB, such as a tokenizer, are hashed completely with SHA-256. For a larger
 * file, such as the token ids of a large text, which would delay every start, the manifest covers
 * the length and 16 blocks of 1 MiB, including the first and the last. This detects truncated files
 * and files full of zeros, but not a few changed bytes between two blocks.
 */
final class FolderManifest {
  private static final String NAME = "seal";
  private static final int BLOCKS = 16;
  private static final int BLOCK_SIZE = 1 << 20;

  private FolderManifest() {}

  /** Writes the manifest of a folder's files. */
  static void write(Path folder) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Path file : FolderEntries.of(folder)) {
      lines.append(line(file)).append('\n');
    }
    String body = lines.toString();
    Files.write(folder.resolve(NAME), (hash(body) + "\n" + body).getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a folder exists and its files match the manifest. */
  static boolean isIntact(Path folder) throws IOException {
    try {
      String text = Files.readString(folder.resolve(NAME));
      int bodyStart = text.indexOf('\n') + 1;
      if (!text.substring(0, bodyStart).equals(hash(text.substring(bodyStart)) + "\n")) {
        return false;
      }
      for (String line : text.substring(bodyStart).lines().toList()) {
        if (!line.equals(line(folder.resolve(line.split(" ", 3)[2])))) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException | CharacterCodingException e) {
      return false;
    }
  }

  private static String hash(String text) {
    return Sha256.of(text);
  }

  private static String line(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = file.size();
      boolean isSmall = size <= (long) BLOCKS * BLOCK_SIZE;
      long blocks = isSmall ? (size + BLOCK_SIZE - 1) / BLOCK_SIZE : BLOCKS;
      MessageDigest digest = Sha256.begin();
      for (long i = 0; i < blocks; i++) {
        digest.update(
            block(file, isSmall ? i * BLOCK_SIZE : (size - BLOCK_SIZE) * i / (BLOCKS - 1)));
      }
      return Sha256.hex(digest) + " " + size + " " + path.getFileName();
    }
  }

  private static ByteBuffer block(FileChannel file, long start) throws IOException {
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK_SIZE, file.size() - start));
    long position = start;
    for (int read = 0; read >= 0 && block.hasRemaining(); position += read) {
      read = file.read(block, position);
    }
    return block.flip();
  }
}
