package dev.counterpoint.core.checkpoint;

import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Disk;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SHA-256 checksums of files by name, in the format of {@code sha256sum}. */
final class Checksums {
  static final String FILE = "SHA256SUMS";

  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *](\\S+)");

  private final SortedMap<String, String> hashes = new TreeMap<>();

  /** Writes a file and records the hash of the bytes passed to the disk. */
  void write(Disk disk, Path file, Disk.Content content) throws IOException {
    MessageDigest digest = Sha256.begin();
    disk.write(file, channel -> content.writeTo(new HashingChannel(channel, digest)));
    hashes.put(file.getFileName().toString(), Sha256.hex(digest));
  }

  /** The hash of a file that was written. */
  String of(String name) {
    return Objects.requireNonNull(hashes.get(name));
  }

  /** The content of a {@code SHA256SUMS} file. */
  String text() {
    StringBuilder text = new StringBuilder();
    hashes.forEach((name, hash) -> text.append(hash).append("  ").append(name).append('\n'));
    return text.toString();
  }

  /**
   * Verifies the files of a directory against its {@code SHA256SUMS}.
   *
   * @param names the file names that {@code SHA256SUMS} must list
   * @throws DamagedFile if a file is missing or its hash differs
   */
  static void verify(Path directory, Set<String> names) throws IOException {
    Path sums = directory.resolve(FILE);
    Map<String, String> hashes = parse(sums);
    if (!hashes.keySet().equals(names)) {
      throw new DamagedFile(
          sums, "it lists " + hashes.keySet() + ", but " + names + " are expected");
    }
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      Path file = directory.resolve(entry.getKey());
      if (!hash(file).equals(entry.getValue())) {
        throw new DamagedFile(file, "its SHA-256 differs from the value in " + FILE);
      }
    }
  }

  static SortedMap<String, String> parse(Path sums) throws IOException {
    SortedMap<String, String> hashes = new TreeMap<>();
    int number = 0;
    for (String line : new String(bytes(sums), StandardCharsets.UTF_8).lines().toList()) {
      number++;
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new DamagedFile(
            sums,
            "line %s is not a SHA-256 followed by a file name: \"%s\""
                .formatted(number, Excerpt.of(line)));
      }
      hashes.put(matcher.group(2), matcher.group(1));
    }
    return hashes;
  }

  /**
   * Reads all bytes of a small file.
   *
   * @throws DamagedFile if the file does not exist
   */
  static byte[] bytes(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DamagedFile(file, "the file is missing");
    }
  }

  private static String hash(Path file) throws IOException {
    try {
      return Sha256.of(file);
    } catch (NoSuchFileException e) {
      throw new DamagedFile(file, "the file is missing");
    }
  }

  private record HashingChannel(WritableByteChannel channel, MessageDigest digest)
      implements WritableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      ByteBuffer written = bytes.duplicate();
      int count = channel.write(bytes);
      digest.update(written.limit(bytes.position()));
      return count;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
