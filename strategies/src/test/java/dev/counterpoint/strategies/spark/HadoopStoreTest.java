package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.spy;

import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hadoop's local file system, with failures at chosen calls. */
final class HadoopStoreTest {
  @TempDir private Path folder;
  private Path run;
  private Path remote;
  private FileSystem files;

  @BeforeEach
  void open() throws IOException {
    run = Files.createDirectories(folder.resolve("run"));
    remote = folder.resolve("remote");
    files = spy(new FilterFileSystem(new RawLocalFileSystem()));
    files.initialize(folder.toUri(), new Configuration(false));
  }

  @Test
  void savedFilesAreFetched() throws IOException {
    write("run.yaml", "name: run");
    write("logs/rank-0000.log", "zero");
    checkpoint("step-00000040", "forty");
    store(run).save();

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/run.yaml")).hasContent("name: run");
    assertThat(folder.resolve("again/logs/rank-0000.log")).hasContent("zero");
    assertThat(folder.resolve("again/checkpoints/step-00000040/model")).hasContent("forty");
  }

  @Test
  void onlyRankZeroFetchesCheckpoints() throws IOException {
    write("run.yaml", "name: run");
    write("logs/rank-0001.log", "one");
    checkpoint("step-00000040", "forty");
    store(run).save();

    store(folder.resolve("other")).fetch(1);

    assertThat(folder.resolve("other/run.yaml")).exists();
    assertThat(folder.resolve("other/logs/rank-0001.log")).hasContent("one");
    assertThat(folder.resolve("other/checkpoints")).doesNotExist();
  }

  @Test
  void everyRankSavesItsLogAndItsCapsules() throws IOException {
    write("run.yaml", "of another rank");
    write("logs/rank-0001.log", "one");
    write("snapshots/step-00000007-rank-1/snapshot.json", "{}");

    store(run).saveOwn(1);

    assertThat(remote.resolve("logs/rank-0001.log")).hasContent("one");
    assertThat(remote.resolve("snapshots/step-00000007-rank-1/snapshot.json")).hasContent("{}");
    assertThat(remote.resolve("run.yaml")).doesNotExist();
  }

  @Test
  void rankZeroDoesNotOverwriteNewerLogsOfOthers() throws IOException {
    write("logs/rank-0001.log", "before");
    store(run).save();
    HadoopStore first = store(folder.resolve("first"));
    first.fetch(0);
    write("logs/rank-0001.log", "before and after");
    store(run).saveOwn(1);

    first.save();

    assertThat(remote.resolve("logs/rank-0001.log")).hasContent("before and after");
  }

  @Test
  void aFileThatDisappearsIsSkipped() throws IOException {
    write("a", "stays");
    write("b", "goes");
    write("c", "stays");
    beforeCopy("", () -> delete(run.resolve("b")));

    store(run).save();

    assertThat(remote.resolve("a")).exists();
    assertThat(remote.resolve("b")).doesNotExist();
    assertThat(remote.resolve("c")).exists();
  }

  @Test
  void aCheckpointThatDisappearsIsSkipped() throws IOException {
    checkpoint("step-00000040", "forty");
    checkpoint("step-00000080", "eighty");
    beforeCopy("step-00000040", () -> delete(run.resolve("checkpoints/step-00000040/model")));

    store(run).save();

    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000080");
  }

  @Test
  void theOnlySavedCheckpointIsKeptUntilANewerOneIsSaved() throws IOException {
    HadoopStore store = store(run);
    checkpoint("step-00000040", "forty");
    store.save();
    checkpoint("step-00000080", "eighty");
    delete(run.resolve("checkpoints/step-00000040"));
    beforeCopy("step-00000080", () -> delete(run.resolve("checkpoints/step-00000080")));

    store.save();
    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000040");

    store.save();
    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000040");

    checkpoint("step-00000120", "hundred and twenty");
    store.save();
    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000120");
  }

  @Test
  void aCheckpointIsSavedAfterItsLineInTheHistory() throws IOException {
    write("history.jsonl", "40");
    write("provenance.json", "{}"); // copied after the history
    checkpoint("step-00000040", "forty");
    beforeCopy(
        "provenance.json",
        () -> {
          try {
            write("history.jsonl", "40 80");
            checkpoint("step-00000080", "eighty");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    HadoopStore store = store(run);

    store.save();
    assertThat(remote.resolve("checkpoints").toFile().list()).containsExactly("step-00000040");

    store.save();
    assertThat(remote.resolve("history.jsonl")).hasContent("40 80");
    assertThat(remote.resolve("checkpoints").toFile().list())
        .containsExactlyInAnyOrder("step-00000040", "step-00000080");
  }

  @Test
  void anInterruptedReplacementLeavesTheOldFile() throws IOException {
    HadoopStore store = store(run);
    write("run.yaml", "old");
    store.save();
    write("run.yaml", "new and longer");
    interruptRename("/run.yaml");
    assertThatThrownBy(store::save).hasMessage("interrupted");
    doCallRealMethod().when(files).rename(any(), any());

    HadoopStore again = store(folder.resolve("again"));
    again.fetch(0);
    assertThat(folder.resolve("again/run.yaml")).hasContent("old");

    again.save();
    assertThat(remote.resolve("run.yaml")).hasContent("old");
    assertThat(remote.resolve(".run.yaml.old")).doesNotExist();
  }

  @Test
  void anInterruptedReplacementLeavesTheOldBestCheckpoint() throws IOException {
    HadoopStore store = store(run);
    checkpoint("best", "good");
    store.save();
    checkpoint("best", "better");
    interruptRename("/best");
    assertThatThrownBy(store::save).hasMessage("interrupted");
    doCallRealMethod().when(files).rename(any(), any());

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/checkpoints/best/model")).hasContent("good");
  }

  @Test
  void aDamagedCheckpointIsNotFetched() throws IOException {
    checkpoint("step-00000040", "forty");
    store(run).save();
    Files.writeString(remote.resolve("checkpoints/step-00000040/model"), "damaged");

    store(folder.resolve("again")).fetch(0);

    assertThat(folder.resolve("again/checkpoints/step-00000040")).doesNotExist();
  }

  @Test
  void aFolderThatIsNotARunIsRefused() {
    assertThatThrownBy(() -> store(run).fetchSettings())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("run.yaml");
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
      TaskFolder.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs an action before each call of {@code copyFromLocalFile} whose source contains a text. */
  private void beforeCopy(String source, Runnable action) throws IOException {
    doAnswer(
            call -> {
              if (call.getArgument(2).toString().contains(source)) {
                action.run();
              }
              return call.callRealMethod();
            })
        .when(files)
        .copyFromLocalFile(anyBoolean(), anyBoolean(), any(org.apache.hadoop.fs.Path.class), any());
  }

  /** Fails each call of {@code rename} to this name. */
  private void interruptRename(String name) throws IOException {
    doAnswer(
            call -> {
              if (call.getArgument(1).toString().endsWith(name)) {
                throw new IllegalStateException("interrupted");
              }
              return call.callRealMethod();
            })
        .when(files)
        .rename(any(), any());
  }
}
