package dev.counterpoint.strategies.spark;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The plan of a run, which the driver reads. A process with the program's own class path reads and
 * checks the run file and writes the plan into a folder; the driver reads it there.
 *
 * @param name of the run
 * @param output the run directory: an absolute path, or a URI of a Hadoop file system
 * @param files that must exist on every machine, by the key of the run file
 */
public record JobPlan(String name, Ranks ranks, String output, Map<String, String> files)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The run file in the bundle. */
  public static final String RUN_FILE = "run.yaml";

  /** The placeholder for the run directory in {@link #RUN_FILE}. */
  public static final String RUN_DIRECTORY = "@RUN@";

  /** The folder in the bundle with the user's classes, which is copied into the run directory. */
  public static final String CLASSPATH = "classpath";

  private static final String FILE = "plan";

  /**
   * The ranks of a job.
   *
   * @param workers the number of ranks
   * @param maxRestarts how often all ranks may be started again
   * @param deadlineSeconds after which a process that does not respond is lost
   */
  public record Ranks(int workers, int maxRestarts, int deadlineSeconds) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  public JobPlan {
    files = new TreeMap<>(files);
  }

  /** The same plan with another run directory. */
  JobPlan withOutput(String other) {
    return new JobPlan(name, ranks, other, files);
  }

  /** Writes the plan into a folder, next to its {@link #bundle}. */
  public void write(Path folder) throws IOException {
    try (ObjectOutputStream out =
        new ObjectOutputStream(Files.newOutputStream(folder.resolve(FILE)))) {
      out.writeObject(this);
    }
  }

  static JobPlan read(Path folder) throws IOException {
    try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(folder.resolve(FILE)))) {
      return (JobPlan) in.readObject();
    } catch (ClassNotFoundException e) {
      throw new IOException(e);
    }
  }

  /** The ZIP file in the folder of a plan with the files that are sent with the job. */
  public static Path bundle(Path folder) {
    return folder.resolve("bundle.zip");
  }
}
