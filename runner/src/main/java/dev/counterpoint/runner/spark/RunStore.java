package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Where the run directory is kept, as a task sees it. */
interface RunStore {
  /** The run directory as the rank is given it. */
  Path directory();

  /** Whether all tasks see the same directory, so that what one has put there the others find. */
  boolean shared();

  /**
   * To be called before a rank starts: brings what the run has left of what that rank reads, if it
   * began before. Checkpoints are read by rank 0 alone.
   */
  void fetch(int rank) throws IOException;

  /** To be called while the rank that writes is training, and at its end: keeps what is new. */
  void keep() throws IOException;

  /** To be called at the end of any rank: keeps its log, and snapshots, which any rank writes. */
  void keepOwn(int rank) throws IOException;

  /**
   * A store for a run directory.
   *
   * @param output an absolute path, or a URI of a file system that Hadoop knows
   * @param scratch a folder of this task's own
   */
  static RunStore of(String output, Path scratch, Configuration hadoop) throws IOException {
    return isUri(output)
        ? HadoopStore.open(output, scratch.resolve("run"), hadoop)
        : new SharedFolder(Path.of(output));
  }

  /** Whether a run directory is one of Hadoop's: it names the file system. */
  static boolean isUri(String output) {
    return output.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*"); // a single letter is a drive of Windows
  }

  /** A path that all machines see. */
  record SharedFolder(Path directory) implements RunStore {
    @Override
    public boolean shared() {
      return true;
    }

    @Override
    public void fetch(int rank) {}

    @Override
    public void keep() {}

    @Override
    public void keepOwn(int rank) {}
  }
}
