package dev.counterpoint.tasks.tokenclassification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.MemoryFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An edited file of sentences is read, or rejected with its name in the message. */
final class RandomSentencesTest {
  private static final int COUNT = Integer.getInteger("counterpoint.mutations", 200);
  private static final String CONLL =
      "Ann\tB-person\nLee\tI-person\nsees\tO\nRome\tB-city\n\nRome\tB-city\n.\tO\n\t\nNo\tO\n";
  private static final String JSON_LINES =
      "{\"tokens\": [\"Ann\", \"sees\", \"Rome\"], \"tags\": [\"B-person\", \"O\", \"B-city\"]}\n"
          + "{\"tokens\": [\"No\"], \"tags\": [\"O\"]}\n";
  private static final List<String> PIECES =
      List.of(
          "\t",
          " ",
          "\n",
          "\n\n",
          "\r\n",
          "\u0000",
          "\uFEFF",
          "\u2028",
          "{",
          "]",
          "\"",
          "null",
          "O",
          "B-",
          "I-city",
          "E-city",
          "S-",
          "-DOCSTART-",
          "x".repeat(20_000),
          "[".repeat(5_000));

  @TempDir(factory = MemoryFolder.class)
  private Path folder;

  @Test
  @Timeout(300)
  void everyEditedFileIsReadOrRejected() throws IOException {
    Random random = new Random(2026);
    int read = 0;
    for (int i = 0; i < COUNT; i++) {
      boolean isConll = i % 2 == 0;
      byte[] edited = edited(isConll ? CONLL : JSON_LINES, random);
      Path file = Files.write(folder.resolve("edited" + (isConll ? ".conll" : ".jsonl")), edited);
      read += isRead(file) ? 1 : 0;
    }
    assertThat(read).isBetween(COUNT / 10, 9 * COUNT / 10);
  }

  private boolean isRead(Path file) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1_000, 1, false, true);
    try {
      new TokenClassification(new FileSplit(file.toString()), null, null, 1, null, null, words, 32)
          .open(new DataContext(folder.resolve("cache"), folder::resolve, 512, 17))
          .train()
          .collate(new long[] {0});
      return true;
    } catch (InvalidSettings e) {
      assertThat(e.getMessage()).contains(file.getFileName().toString()).doesNotContain("\n");
      assertThat(e.getMessage().length()).isLessThan(1_000);
      return false;
    }
  }

  private static byte[] edited(String text, Random random) {
    StringBuilder edited = new StringBuilder(text);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int position = random.nextInt(edited.length() + 1);
      if (random.nextBoolean()) {
        edited.insert(position, PIECES.get(random.nextInt(PIECES.size())));
      } else {
        edited.delete(position, Math.min(edited.length(), position + 1 + random.nextInt(8)));
      }
    }
    byte[] bytes = edited.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(5) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }
}
