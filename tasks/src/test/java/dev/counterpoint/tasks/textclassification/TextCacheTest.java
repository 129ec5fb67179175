package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextCacheTest {
  private static final Instant BEFORE = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path folder;

  @BeforeEach
  void writeTables() throws IOException {
    write("train.tsv", "sentence\tlabel\ngood film\t1\nbad film\t0\n");
    write("dev.tsv", "sentence\tlabel\ngood\t1\n");
  }

  @Test
  void theSecondRunReusesTheCache() throws IOException {
    open(64);
    Path mark = Files.createFile(caches().get(0).resolve("mark"));
    assertThat(ids(open(64))).containsExactly(1, 2);
    assertThat(mark).exists();
  }

  @Test
  void aReplacedTableOfTheSameSizeAndTimeIsReadAgain() throws IOException {
    String before = open(64).fingerprint();
    write("new.tsv", "sentence\tlabel\ngood film\t0\nbad film\t1\n");
    Files.move(
        folder.resolve("new.tsv"),
        folder.resolve("train.tsv"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(open(64).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void anOverwrittenTableOfTheSameSizeAndTimeIsReadAgain() throws IOException {
    assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("unix"));
    String before = open(64).fingerprint();
    write("train.tsv", "sentence\tlabel\ngood film\t0\nbad film\t1\n");
    assertThat(open(64).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void bothRunsGetTheSameNotesAndSpec() throws IOException {
    DataSplits first = open(64);
    DataSplits second = open(64);
    assertThat(second.notes()).isEqualTo(first.notes());
    assertThat(second.spec()).isEqualTo(first.spec());
    assertThat(second.fingerprint()).isEqualTo(first.fingerprint());
  }

  @Test
  void aChangedTableIsReadAgain() throws IOException {
    String before = open(64).fingerprint();
    Files.writeString(folder.resolve("train.tsv"), "sentence\tlabel\ngood film\t0\nbad film\t1\n");
    assertThat(open(64).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void anotherMaxLengthUsesAnotherCache() throws IOException {
    open(64);
    open(1);
    assertThat(caches()).hasSize(2);
  }

  @Test
  void theFingerprintIsIndependentOfThePath() throws IOException {
    String before = open(64).fingerprint();
    Files.move(folder.resolve("train.tsv"), folder.resolve("moved.tsv"));
    TextClassification moved = TextClassification.of("moved.tsv", "dev.tsv");
    assertThat(moved.open(context(64)).fingerprint()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.ids", "train.offsets", "validation.labels", "train.lines"})
  void aTruncatedFileIsRecreated(String name) throws IOException {
    open(64);
    try (FileChannel file =
        FileChannel.open(caches().get(0).resolve(name), StandardOpenOption.WRITE)) {
      file.truncate(1);
    }
    assertThat(ids(open(64))).containsExactly(1, 2);
    assertThat(caches()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"content.json", "tokenizer.json", "train.ids"})
  void aMissingFileIsRecreated(String name) throws IOException {
    open(64);
    Files.delete(caches().get(0).resolve(name));
    assertThat(ids(open(64))).containsExactly(1, 2);
    assertThat(caches().get(0).resolve(name)).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"fingerprint\":", "{}", "null", ""})
  void invalidMetadataIsRecreated(String content) throws IOException {
    open(64);
    Files.writeString(caches().get(0).resolve("content.json"), content);
    assertThat(ids(open(64))).containsExactly(1, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.json", "train.ids", "train.offsets", "train.labels"})
  void aFileOfZerosIsRecreated(String name) throws IOException {
    open(64);
    Path file = caches().get(0).resolve(name);
    byte[] original = Files.readAllBytes(file);
    Files.write(file, new byte[original.length]);
    open(64);
    assertThat(file).hasBinaryContent(original);
  }

  @Test
  void aFailedBuildLeavesNothing() throws IOException {
    write("dev.tsv", "sentence\tlabel\ngood\t5\n");
    assertThatThrownBy(() -> open(64)).hasMessageContaining("label \"5\"");
    assertThat(caches()).isEmpty();
  }

  @Test
  void concurrentRunsCreateOneCache() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<String>> results =
          threads.invokeAll(Collections.nCopies(4, () -> open(64).fingerprint()));
      String fingerprint = open(64).fingerprint();
      for (Future<String> result : results) {
        assertThat(result.get()).isEqualTo(fingerprint);
      }
    } finally {
      threads.shutdown();
    }
    assertThat(caches()).hasSize(1);
  }

  /** Loading native code takes time, and a start from the cache does not need it. */
  @Test
  void theSecondRunLoadsNoNativeTokenizer() throws Exception {
    assertThat(classesLoadedByAnotherProcess()).contains("HuggingFaceTokenizer source");
    assertThat(classesLoadedByAnotherProcess())
        .contains("TextDataset source")
        .doesNotContain("HuggingFaceTokenizer source");
  }

  private String classesLoadedByAnotherProcess() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path log = folder.resolve("classes.log");
    ProcessBuilder process =
        new ProcessBuilder(
            java, "-Xlog:class+load", AnotherProcess.class.getName(), folder.toString());
    process.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    process.redirectErrorStream(true).redirectOutput(log.toFile());
    assertThat(process.start().waitFor()).isZero();
    return Files.readString(log);
  }

  /** Opens the tables of a folder like a run does, and reads an example. */
  static final class AnotherProcess {
    private AnotherProcess() {}

    public static void main(String[] arguments) throws IOException {
      Path folder = Path.of(arguments[0]);
      ids(
          TextClassification.of("train.tsv", "dev.tsv")
              .open(new DataContext(folder.resolve("cache"), folder::resolve, 64, 17)));
    }
  }

  private DataSplits open(int maxLength) throws IOException {
    return TextClassification.of("train.tsv", "dev.tsv").open(context(maxLength));
  }

  private DataContext context(int maxLength) {
    return new DataContext(folder.resolve("cache"), folder::resolve, maxLength, 17);
  }

  private static long[] ids(DataSplits splits) {
    return splits.splits().get("train").collate(new long[] {0}).tensors().get(Batch.IDS).longs();
  }

  private List<Path> caches() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      return files.toList();
    }
  }

  private void write(String name, String content) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    Files.setLastModifiedTime(file, FileTime.from(BEFORE));
  }
}
