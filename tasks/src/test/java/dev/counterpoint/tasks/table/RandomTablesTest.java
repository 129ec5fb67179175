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

/** Whatever is done to a table: it is read, or refused with the file in the message. */
class RandomTablesTest {
  private static final String TSV =
      "text\tlabel\nthe day is fine\tyes\na \"dull\" one\tno\nnot, bad\tyes\nwords\tno\nlast\tyes\n";
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
  private static final long HEAP_BOUND = 64 << 20; // bytes an edit

  @TempDir(factory = MemoryFolder.class)
  private Path folder;

  @Test
  @Timeout(300)
  void everyEditEndsWellOrInAMessage() throws IOException {
    Random random = new Random(20260103);
    int read = 0;
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      String ending = List.of("tsv", "csv", "jsonl", "tsv.gz").get(i % 4);
      byte[] edited = table(ending).getBytes(StandardCharsets.UTF_8);
      if (!ending.endsWith(".gz")) {
        edited = edited(edited, random);
      } else {
        edited = edited(random.nextBoolean() ? edited(edited, random) : edited, random, true);
      }
      if (endsWell(Files.write(folder.resolve("edited." + ending), edited))) {
        read++;
      } else {
        refused++;
      }
    }
    assertThat(read).isGreaterThan(100);
    assertThat(refused).isGreaterThan(100);
  }

  private static String table(String ending) {
    return ending.equals("csv") ? CSV : ending.equals("jsonl") ? JSONL : TSV;
  }

  private static byte[] edited(byte[] table, Random random, boolean zip) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = zip ? new GZIPOutputStream(bytes) : bytes) {
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
    int at = random.nextInt(file.length + 1);
    switch (random.nextInt(5)) {
      case 0:
        return Arrays.copyOf(file, at);
      case 1:
        byte[] flipped = file.clone();
        if (at < flipped.length) {
          flipped[at] = (byte) random.nextInt(256);
        }
        return flipped;
      case 2:
        return insert(
            file, at, PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      case 3:
        return insert(file, at, Arrays.copyOfRange(file, at, Math.min(file.length, at + 30)));
      default:
        List<String> lines =
            new ArrayList<>(new String(file, StandardCharsets.ISO_8859_1).lines().toList());
        if (!lines.isEmpty()) {
          lines.remove(random.nextInt(lines.size()));
        }
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] insert(byte[] file, int at, byte[] piece) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(file, 0, at);
    bytes.writeBytes(piece);
    bytes.write(file, at, file.length - at);
    return bytes.toByteArray();
  }

  private boolean endsWell(Path file) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Path cache = Files.createTempDirectory(folder, "cache");
    try (DataSplits splits =
        TextClassification.of(file.toString(), file.toString())
            .open(new DataContext(cache, Path::of, 16, 17))) {
      long[] all = new long[(int) splits.train().size()];
      Arrays.setAll(all, item -> item);
      assertThat(splits.train().collate(all).size()).isEqualTo(all.length);
      return true;
    } catch (InvalidSettings e) {
      assertThat(e.getMessage()).contains(file.toString());
      return false;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      return fail("Not refused but failed: " + shown(file), e);
    } finally {
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(HEAP_BOUND);
      delete(cache);
    }
  }

  private static String shown(Path file) throws IOException {
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
