package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.counterpoint.strategies.internal.network.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A single task, with a mocked Hadoop file system. */
final class PreparationTest {
  @TempDir private Path folder;
  private final FileSystem files = mock(FileSystem.class);

  @Test
  void anUnreadableFileIsAProblem() throws IOException {
    when(files.listStatus(any(org.apache.hadoop.fs.Path.class))).thenReturn(new FileStatus[0]);

    assertThat(preparation(Map.of("data.train.path", "/nowhere/a.tsv")).agree())
        .singleElement()
        .asString()
        .contains("data.train.path", "/nowhere/a.tsv", "node1");
  }

  @Test
  void anUnreachableFileSystemFailsTheAttempt() throws IOException {
    when(files.listStatus(any(org.apache.hadoop.fs.Path.class)))
        .thenThrow(new IOException("no answer"));
    Preparation preparation = preparation(Map.of());

    assertThatThrownBy(preparation::agree).isInstanceOf(IOException.class).hasMessage("no answer");
  }

  private Preparation preparation(Map<String, String> required) {
    RankSupervisor.SparkJob job =
        new RankSupervisor.SparkJob(
            new JobPlan("run", new JobPlan.Ranks(1, 3, 60), "hdfs:///run", required),
            new Program(null, List.of(), ""),
            Secret.random());
    RemoteFolder remote = new RemoteFolder(files, new org.apache.hadoop.fs.Path("hdfs:///run"));
    return new Preparation(
        job,
        new TaskPlacement(0, List.of("node1")),
        new TaskFolder(folder),
        new HadoopStore(remote, folder.resolve("run")),
        own -> new String[] {own});
  }
}
