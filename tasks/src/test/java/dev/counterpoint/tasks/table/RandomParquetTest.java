package dev.counterpoint.tasks.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged Parquet files and files of compressed rows. {@code -Dcounterpoint.mutations=1000} tests
 * more of them.
 */
final class RandomParquetTest {
  private static final int COUNT = Integer.getInteger("counterpoint.mutations", 60);

  @TempDir private Path folder;
  private int read;
  private int rejected;

  @BeforeEach
  void writeFiles() throws IOException {
    String rows =
        "SELECT i AS id, i * 1.5::DOUBLE AS n, 'text ' || i %% 9 AS c, i %% 2 = 0 AS b,"
            + " DATE '2026-01-01' + i::INTEGER AS d, [i, i + 1] AS l FROM range(3000) t(i)";
    for (String compression : new String[] {"snappy", "zstd", "uncompressed"}) {
      Duck.write(
          "COPY (" + rows + ") TO '%s' (COMPRESSION %s)",
          folder.resolve(compression + ".parquet"),
          compression);
    }
    Duck.write("COPY (" + rows + ") TO '%s'", folder.resolve("rows.csv.zst"));
    Duck.write("COPY (" + rows + ") TO '%s'", folder.resolve("rows.jsonl.zst"));
  }

  @Test
  void everyDamagedFileIsReadOrRejected() throws IOException {
    Random random = new Random(17);
    String[] names = {
      "snappy.parquet", "zstd.parquet", "uncompressed.parquet", "rows.csv.zst", "rows.jsonl.zst"
    };
    for (int i = 0; i < COUNT; i++) {
      String name = names[i % names.length];
      Path file = folder.resolve(i + "-" + name);
      Files.write(file, damaged(Files.readAllBytes(folder.resolve(name)), random));
      assertTimeoutPreemptively(Duration.ofSeconds(20), () -> read(file));
      Files.delete(file);
    }
    assertThat(read).isPositive();
    assertThat(rejected).isPositive();
  }

  private void read(Path file) throws IOException {
    try {
      TableSource.of(file)
          .read(
              table -> {
                for (Table.Row row = table.next(); row != null; row = table.next()) {
                  for (String column : table.columns()) {
                    if (row.list(column) == null) {
                      row.find(column);
                    }
                  }
                }
                return table;
              });
      read++;
    } catch (InvalidSettings e) {
      assertThat(e.getMessage()).contains(file.getFileName().toString()).doesNotContain("\n");
      rejected++;
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] damaged = bytes.clone();
    int position = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0:
        return Arrays.copyOf(bytes, position);
      case 1:
        Arrays.fill(damaged, position, Math.min(bytes.length, position + 64), (byte) 0);
        return damaged;
      case 2: // In the footer of Parquet.
        damaged[bytes.length - 1 - random.nextInt(Math.min(bytes.length, 900))] ^=
            (byte) (1 << random.nextInt(8));
        return damaged;
      default:
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          damaged[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return damaged;
    }
  }
}
