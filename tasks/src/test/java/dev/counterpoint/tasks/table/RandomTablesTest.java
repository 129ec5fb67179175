package dev.counterpoint.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.textclassification.TextClassification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fuzz test: an edited table is either read or rejected with the file in the message. */
class RandomTablesTest {
  private static final String TSV =
      "text\tlabel\n"
          + "the day is fine\tyes\n"
          + "a \"dull\" one\tno\n"
          + "not, bad\tyes\n"
          + "words\tno\n"
          + "last\tyes\n";
  private static final String CSV = TSV.replace(", ", " ").replace("\"", "").replace('\t', ',');
  private static final String JSONL =
      "{\"text\": \"fine\", \"label\": \"yes\"}\n{\"text\": \"du\\u00e4ll\", \"label\": \"no\"}\n"
          + "{\"text\": \"so so\", \"label\": \"yes\"}\n";
  private static final List<String> PIECES =
      List.of(
          "\t",
          ",",
          "\"",
          "\n",
          "\r",
          "\u0000",
          "{",
          "}",
          "[",
          "]",
          ":",
          "null",
          "\uFEFF",
          "\\u",
          "\\",
          "9".repeat(50),
          "text",
          "label",
          "x".repeat(20_000),
          "{\"a\":".repeat(2_000),
          "[".repeat(5_000),
          "\uD83D\uDE00",
          " ");
  private static final long HEAP_BOUND = 64 << 20; // bytes per edit

  @TempDir(factory = MemoryFolder.class)
  private Path folder;

  @Test
  @Timeout(300)
  void everyEditedTableIsReadOrRejected() throws IOException {
    Random random = new Random(20260103);
    int read = 0;
    int rejected = 0;
    for (int i = 0; i < 1000; i++) {
      String extension = List.of("tsv", "csv", "jsonl", "tsv.gz").get(i % 4);
      byte[] edited = table(extension).getBytes(StandardCharsets.UTF_8);
      if (!extension.endsWith(".gz")) {
        edited = edited(edited, random);
      } else {
        edited = edited(random.nextBoolean() ? edited(edited, random) : edited, random, true);
      }
      if (isRead(Files.write(folder.resolve("edited." + extension), edited))) {
        read++;
      } else {
        rejected++;
      }
    }
    assertThat(read).isGreaterThan(100);
    assertThat(rejected).isGreaterThan(100);
  }

  private static String table(String extension) {
    return extension.equals("csv") ? CSV : extension.equals("jsonl") ? JSONL : TSV;
  }

  private static byte[] edited(byte[] table, Random random, boolean gzip) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = gzip ? new GZIPOutputStream(bytes) : bytes) {
      out.write(table);
    }
    return edited(bytes.toByteArray(), random);
  }

  private static byte[] edited(byte[] file, Random random) {
    byte[] edited = file;
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      edited = edit(edited, random);
    }
    return edited;
  }

  private static byte[] edit(byte[] file, Random random) {
    int position = random.nextInt(file.length + 1);
    switch (random.nextInt(5)) {
      case 0:
        return Arrays.copyOf(file, position);
      case 1:
        byte[] flipped = file.clone();
        if (position < flipped.length) {
          flipped[position] = (byte) random.nextInt(256);
        }
        return flipped;
      case 2:
        return insert(
            file,
            position,
            PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      case 3:
        return insert(
            file,
            position,
            Arrays.copyOfRange(file, position, Math.min(file.length, position + 30)));
      default:
        List<String> lines =
            new ArrayList<>(new String(file, StandardCharsets.ISO_8859_1).lines().toList());
        if (!lines.isEmpty()) {
          lines.remove(random.nextInt(lines.size()));
        }
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] insert(byte[] file, int position, byte[] piece) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(file, 0, position);
    bytes.writeBytes(piece);
    bytes.write(file, position, file.length - position);
    return bytes.toByteArray();
  }

  private boolean isRead(Path file) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Path cache = Files.createTempDirectory(folder, "cache");
    try (DataSplits splits =
        TextClassification.of(file.toString(), file.toString())
            .open(new DataContext(cache, Path::of, 16, 17))) {
      long[] indices = new long[(int) splits.train().size()];
      Arrays.setAll(indices, index -> index);
      assertThat(splits.train().collate(indices).size()).isEqualTo(indices.length);
      return true;
    } catch (InvalidSettings e) {
      assertThat(e.getMessage()).contains(file.toString());
      return false;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      return fail("Failed instead of being rejected: " + describe(file), e);
    } finally {
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(HEAP_BOUND);
      delete(cache);
    }
  }

  private static String describe(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    return file.getFileName() + ": " + text.substring(0, Math.min(500, text.length()));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
