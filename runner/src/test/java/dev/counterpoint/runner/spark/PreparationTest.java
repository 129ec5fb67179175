package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One task alone. */
final class PreparationTest {
  @TempDir private Path folder;

  @Test
  void aFileThatCannotBeReadIsAProblem() throws IOException {
    Preparation preparation =
        preparation(Map.of("data.train.path", "/nowhere/a.tsv"), new Unreachable(false));

    assertThat(preparation.agree())
        .containsExactly("data.train.path: /nowhere/a.tsv cannot be read on node1");
  }

  @Test
  void aFileSystemThatDoesNotAnswerThisTimeFailsThisAttempt() {
    Preparation preparation = preparation(Map.of(), new Unreachable(true));

    assertThatThrownBy(preparation::agree).isInstanceOf(IOException.class).hasMessage("no answer");
  }

  private Preparation preparation(Map<String, String> files, RunStore store) {
    RankSupervisor.Job job =
        new RankSupervisor.Job(
            new JobPlan("run", 1, 3, 60, "hdfs:///run", files),
            new Program(null, List.of()),
            new RankOptions(""),
            "secret");
    RankSupervisor.Place place =
        new RankSupervisor.Place(null, new Neighbours(0, List.of("node1")), new TaskFolder(folder));
    return new Preparation(job, place, store, own -> new String[] {own});
  }

  private record Unreachable(boolean is) implements RunStore {
    @Override
    public Path directory() {
      return Path.of("run");
    }

    @Override
    public boolean shared() {
      return false;
    }

    @Override
    public void fetch(int rank) throws IOException {
      if (is) {
        throw new IOException("no answer");
      }
    }

    @Override
    public void keep() {}

    @Override
    public void keepOwn(int rank) {}
  }
}
