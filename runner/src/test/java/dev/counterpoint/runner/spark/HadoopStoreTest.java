package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hadoop's own file system of this machine, with mishaps. */
final class HadoopStoreTest {
  @TempDir private Path folder;
  private Path run;
  private Path remote;
  private Disturbed files;

  @BeforeEach
  void open() throws IOException {
    run = Files.createDirectories(folder.resolve("run"));
    remote = folder.resolve("remote");
    files = new Disturbed();
    files.initialize(folder.toUri(), new Configuration(false));
  }

  @Test
  void whatIsKeptIsFetched() throws IOException {
    write("run.yaml", "name: run");
    write("logs/rank-0000.log", "zero");
    checkpoint("step-00000040", "forty");
    store(run).keep();

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/run.yaml")).hasContent("name: run");
    assertThat(folder.resolve("again/logs/rank-0000.log")).hasContent("zero");
    assertThat(folder.resolve("again/checkpoints/step-00000040/model")).hasContent("forty");
  }

  @Test
  void whoDoesNotWriteFetchesNoCheckpoint() throws IOException {
    write("run.yaml", "name: run");
    write("logs/rank-0001.log", "one");
    checkpoint("step-00000040", "forty");
    store(run).keep();

    store(folder.resolve("other")).fetch(1);

    assertThat(folder.resolve("other/run.yaml")).exists();
    assertThat(folder.resolve("other/logs/rank-0001.log")).hasContent("one");
    assertThat(folder.resolve("other/checkpoints")).doesNotExist();
  }

  @Test
  void everyRankKeepsItsLogAndItsCapsules() throws IOException {
    write("run.yaml", "of another rank");
    write("logs/rank-0001.log", "one");
    write("snapshots/step-00000007-rank-1/snapshot.json", "{}");

    store(run).keepOwn(1);

    assertThat(remote.resolve("logs/rank-0001.log")).hasContent("one");
    assertThat(remote.resolve("snapshots/step-00000007-rank-1/snapshot.json")).hasContent("{}");
    assertThat(remote.resolve("run.yaml")).doesNotExist();
  }

  @Test
  void theRankThatWritesDoesNotPutBackTheLogsOfOthers() throws IOException {
    write("logs/rank-0001.log", "before");
    store(run).keep();
    HadoopStore first = store(folder.resolve("first"));
    first.fetch(0);
    write("logs/rank-0001.log", "before and after");
    store(run).keepOwn(1);

    first.keep();

    assertThat(remote.resolve("logs/rank-0001.log")).hasContent("before and after");
  }

  @Test
  void aFileThatGoesMeanwhileIsPassedOver() throws IOException {
    write("a", "stays");
    write("b", "goes");
    write("c", "stays");
    files.beforeCopy = from -> delete(run.resolve("b"));

    store(run).keep();

    assertThat(remote.resolve("a")).exists();
    assertThat(remote.resolve("b")).doesNotExist();
    assertThat(remote.resolve("c")).exists();
  }

  @Test
  void aCheckpointThatGoesMeanwhileIsPassedOver() throws IOException {
    checkpoint("step-00000040", "forty");
    checkpoint("step-00000080", "eighty");
    files.beforeCopy =
        from -> {
          if (from.contains("step-00000040")) {
            delete(run.resolve("checkpoints/step-00000040/model"));
          }
        };

    store(run).keep();

    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000080");
  }

  @Test
  void aCutWhileAFileIsReplacedLeavesTheOldOne() throws IOException {
    HadoopStore store = store(run);
    write("run.yaml", "old");
    store.keep();
    write("run.yaml", "new and longer");
    files.beforeRename =
        to -> {
          if (to.endsWith("/run.yaml")) {
            throw new IllegalStateException("cut");
          }
        };
    assertThatThrownBy(store::keep).hasMessage("cut");
    files.beforeRename = to -> {};

    HadoopStore again = store(folder.resolve("again"));
    again.fetch(0);
    assertThat(folder.resolve("again/run.yaml")).hasContent("old");

    again.keep();
    assertThat(remote.resolve("run.yaml")).hasContent("old");
    assertThat(remote.resolve(".run.yaml.old")).doesNotExist();
  }

  @Test
  void aCutWhileTheBestIsReplacedLeavesTheOldOne() throws IOException {
    HadoopStore store = store(run);
    checkpoint("best", "good");
    store.keep();
    checkpoint("best", "better");
    files.beforeRename =
        to -> {
          if (to.endsWith("/best")) {
            throw new IllegalStateException("cut");
          }
        };
    assertThatThrownBy(store::keep).hasMessage("cut");
    files.beforeRename = to -> {};

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/checkpoints/best/model")).hasContent("good");
  }

  @Test
  void aCheckpointThatIsNotWholeIsNotFetched() throws IOException {
    checkpoint("step-00000040", "forty");
    store(run).keep();
    Files.writeString(remote.resolve("checkpoints/step-00000040/model"), "damaged");

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/checkpoints/step-00000040")).doesNotExist();
  }

  @Test
  void aFolderThatIsNoRunIsRefused() {
    assertThatThrownBy(() -> store(run).fetchSettings())
        .isInstanceOf(JobFailed.class)
        .hasMessageContaining("is not a run directory: it has no run.yaml");
  }

  private HadoopStore store(Path directory) {
    return new HadoopStore(
        new RemoteFolder(files, new org.apache.hadoop.fs.Path(remote.toUri())), directory);
  }

  private void write(String name, String text) throws IOException {
    Path file = run.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, text);
  }

  private void checkpoint(String name, String model) throws IOException {
    write("checkpoints/" + name + "/model", model);
    write("checkpoints/" + name + "/SHA256SUMS", hash(model) + "  model\n");
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Something happens before it does what it is asked for. */
  private static final class Disturbed extends FilterFileSystem {
    private Consumer<String> beforeCopy = from -> {};
    private Consumer<String> beforeRename = to -> {};

    Disturbed() {
      super(new RawLocalFileSystem());
    }

    @Override
    public void copyFromLocalFile(
        boolean removes,
        boolean replaces,
        org.apache.hadoop.fs.Path from,
        org.apache.hadoop.fs.Path to)
        throws IOException {
      beforeCopy.accept(from.toString());
      super.copyFromLocalFile(removes, replaces, from, to);
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      beforeRename.accept(to.toString());
      return super.rename(from, to);
    }
  }
}
