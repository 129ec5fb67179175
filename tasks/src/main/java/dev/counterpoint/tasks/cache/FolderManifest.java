package dev.counterpoint.tasks.cache;

import dev.counterpoint.core.storage.Sha256;
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
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Length and hash of each file of a folder when it was made, in one more file, so that damage is
 * found before anything is read.
 *
 * <p>A file of up to 16 MiB is held wholly against its SHA-256, as a tokenizer is. Of a larger one,
 * as the ids of a large text, which no start is to wait for, these are the length and 16 pieces of
 * 1 MiB, the first and the last among them: so one that was cut is found, and one that is full of
 * zeros, but not a few bytes that have changed between two pieces.
 */
final class FolderManifest {
  private static final String NAME = "seal";
  private static final int PIECES = 16;
  private static final int PIECE = 1 << 20;

  private FolderManifest() {}

  /** Seals the files that a folder has. */
  static void write(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.sorted().toList();
    }
    StringBuilder lines = new StringBuilder();
    for (Path file : files) {
      lines.append(line(file)).append('\n');
    }
    String all = lines.toString();
    Files.write(folder.resolve(NAME), (hash(all) + "\n" + all).getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a folder is there, and its files are as they were. */
  static boolean isUnbroken(Path folder) throws IOException {
    try {
      String text = Files.readString(folder.resolve(NAME));
      int begin = text.indexOf('\n') + 1;
      if (!text.substring(0, begin).equals(hash(text.substring(begin)) + "\n")) {
        return false;
      }
      for (String line : text.substring(begin).lines().toList()) {
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
    return hash(Sha256.begin(), text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hash(MessageDigest digest, byte[] last) {
    return HexFormat.of().formatHex(digest.digest(last));
  }

  private static String line(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = file.size();
      boolean isSmall = size <= (long) PIECES * PIECE;
      long pieces = isSmall ? (size + PIECE - 1) / PIECE : PIECES;
      MessageDigest digest = Sha256.begin();
      for (long i = 0; i < pieces; i++) {
        digest.update(piece(file, isSmall ? i * PIECE : (size - PIECE) * i / (PIECES - 1)));
      }
      return hash(digest, new byte[0]) + " " + size + " " + path.getFileName();
    }
  }

  private static ByteBuffer piece(FileChannel file, long start) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, file.size() - start));
    long place = start;
    for (int read = 0; read >= 0 && piece.hasRemaining(); place += read) {
      read = file.read(piece, place);
    }
    return piece.flip();
  }
}
