package dev.counterpoint.tasks.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Duck;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders, patterns, and compressed files of one table. */
final class SeveralFilesTest {
  @TempDir private Path folder;
  private Tables tables;

  @BeforeEach
  void writeParts() throws IOException {
    tables = new Tables(folder);
    Files.createDirectory(folder.resolve("data"));
    tables.write("data/part-1.csv", "x,y\n1,a\n2,b\n");
    tables.write("data/part-2.csv", "y,x\na,3\nb,4\n");
    tables.write("whole.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
  }

  private DataSplits open(String path) throws IOException {
    return tables.open(Tables.settings("train", new FileSplit(path)));
  }

  private static String rowsHash(DataSplits data) {
    return data.fingerprint().split(" ")[0];
  }

  private void compress(String name, byte[] content) throws IOException {
    try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.write(content);
    }
  }

  @Test
  void partsHaveTheRowsOfTheWhole() throws IOException {
    String whole = rowsHash(open("whole.csv"));

    assertThat(rowsHash(open("data/part-*.csv"))).isEqualTo(whole);
    assertThat(rowsHash(open("data"))).isEqualTo(whole);
  }

  @Test
  void originOfRowIsItsFileAndLine() throws IOException {
    Dataset.Traceable train = (Dataset.Traceable) open("data").train();

    assertThat(train.origin(0)).endsWith("part-1.csv line 2");
    assertThat(train.origin(3)).endsWith("part-2.csv line 3");
  }

  @Test
  void formatsOfPartsMayDiffer() throws IOException {
    Duck.write("COPY (SELECT 5 AS x, 'a' AS y) TO '%s'", folder.resolve("data/part-3.parquet"));

    assertThat(open("data").train().size()).isEqualTo(5);
  }

  @Test
  void invalidValueIsReportedWithItsFile() throws IOException {
    tables.write("data/part-3.csv", "x,y\nwide,a\n");

    assertThatThrownBy(
            () ->
                tables.open(
                    Tables.settings(
                        "train",
                        new FileSplit("data"),
                        "columns",
                        Map.of("x", ColumnType.NUMERIC))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("part-3.csv line 2");
  }

  @Test
  void otherColumnsAreRejectedWithTheirFile() throws IOException {
    tables.write("data/part-3.csv", "x,z\n1,a\n");

    assertThatThrownBy(() -> open("data"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("part-3.csv")
        .hasMessageContaining("x, z");
  }

  @Test
  void markersOfSparkAreNotData() throws IOException {
    tables.write("data/_SUCCESS", "");
    tables.write("data/.part-1.csv.crc", "x");

    assertThat(open("data").train().size()).isEqualTo(4);
  }

  @Test
  void patternWithoutFilesIsRejected() {
    assertThatThrownBy(() -> open("data/part-*.tsv"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("part-1.csv");
  }

  @Test
  void folderWithoutDataIsRejected() throws IOException {
    Files.createDirectory(folder.resolve("empty"));

    assertThatThrownBy(() -> open("empty"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("empty");
  }

  @Test
  void changedPartIsOtherData() throws IOException {
    String before = open("data").fingerprint();
    tables.write("data/part-2.csv", "x,y\n3,a\n5,b\n");

    assertThat(open("data").fingerprint()).isNotEqualTo(before);
  }

  @Test
  void zstandardIsDecoded() throws IOException {
    byte[] content = Files.readAllBytes(folder.resolve("whole.csv"));
    compress("whole.csv.zst", content);

    assertThat(rowsHash(open("whole.csv.zst"))).isEqualTo(rowsHash(open("whole.csv")));
  }

  @Test
  void truncatedZstandardIsRejected() throws IOException {
    compress("long.csv.zst", ("x,y\n" + "1,a\n2,b\n".repeat(99)).getBytes(StandardCharsets.UTF_8));
    byte[] bytes = Files.readAllBytes(folder.resolve("long.csv.zst"));
    Files.write(folder.resolve("long.csv.zst"), Arrays.copyOf(bytes, bytes.length - 9));

    assertThatThrownBy(() -> open("long.csv.zst"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("long.csv.zst");
  }
}
