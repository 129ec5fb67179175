package dev.counterpoint.strategies.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/** The run directory, as seen by a task. */
interface RunStore {
  /** The local path of the run directory. */
  Path directory();

  /** Whether all tasks share the directory. */
  boolean isShared();

  /**
   * Copies the files of an existing run that the rank reads, before the rank starts. Only rank 0
   * reads checkpoints.
   */
  void fetch(int rank) throws IOException;

  /** Saves the new files of rank 0, while it trains and when it ends. */
  void save() throws IOException;

  /** Saves the log of a rank, and snapshots, which any rank writes, when the rank ends. */
  void saveOwn(int rank) throws IOException;

  /**
   * The store of a run directory.
   *
   * @param output an absolute path, or a URI of a Hadoop file system
   * @param scratch a private folder of the task
   */
  static RunStore of(String output, Path scratch, Configuration hadoop) throws IOException {
    return isUri(output)
        ? HadoopStore.open(output, scratch.resolve("run"), hadoop)
        : new SharedFolder(Path.of(output));
  }

  /** Whether a run directory is a URI of a Hadoop file system. */
  static boolean isUri(String output) {
    return output.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*"); // a single letter is a Windows drive
  }

  /**
   * Saves in a separate thread, so that a slow upload delays no stop request. A failure is
   * reported, the same one once, and does not end the training.
   */
  final class Uploads implements AutoCloseable {
    private final RunStore store;
    private final Consumer<String> problems;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    private String problem = "";

    Uploads(RunStore store, Consumer<String> problems) {
      this.store = store;
      this.problems = problems;
    }

    /** Begins to save, unless this is in progress. */
    void begin() {
      if (last.isDone()) {
        last = CompletableFuture.runAsync(this::save, it -> new Thread(it, "upload").start());
      }
    }

    private void save() {
      String found = "";
      try {
        store.save();
      } catch (IOException | RuntimeException e) {
        found = String.valueOf(e.getMessage());
      }
      if (!found.isEmpty() && !found.equals(problem)) {
        problems.accept(found);
      }
      problem = found;
    }

    /** Waits for the upload in progress, and saves the rest. */
    void finish() throws IOException {
      close();
      store.save();
    }

    /** Waits for the upload in progress. */
    @Override
    public void close() {
      last.join();
    }
  }

  /** A path on a file system that all machines share. */
  record SharedFolder(Path directory) implements RunStore {
    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public void fetch(int rank) {}

    @Override
    public void save() {}

    @Override
    public void saveOwn(int rank) {}
  }
}
