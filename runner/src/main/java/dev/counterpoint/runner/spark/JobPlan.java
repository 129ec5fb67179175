package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a job is told of the run that it is to carry out. It is read and checked where the program's
 * own class path is, written into a folder, and read by the driver.
 *
 * @param name of the run
 * @param workers ranks
 * @param maxRestarts how often the ranks may be started again
 * @param deadlineSeconds how long a rank waits for another
 * @param output the run directory: an absolute path, or a URI of a file system that Hadoop knows
 * @param files what must lie on every machine, by the key that names it
 */
public record JobPlan(
    String name,
    int workers,
    int maxRestarts,
    int deadlineSeconds,
    String output,
    Map<String, String> files)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What a rank is to be given as RUN, in the bundle. */
  public static final String RUN_FILE = "run.yaml";

  /** Stands for the run directory in {@link #RUN_FILE}, as nobody knows it before it is there. */
  public static final String RUN_DIRECTORY = "@RUN@";

  /** The folder in the bundle with what is to lie in the run directory: classes of the user's. */
  public static final String CLASSPATH = "classpath";

  private static final String FILE = "plan";

  public JobPlan {
    files = new TreeMap<>(files);
  }

  /** The same, kept elsewhere. */
  JobPlan withOutput(String other) {
    return new JobPlan(name, workers, maxRestarts, deadlineSeconds, other, files);
  }

  /** Writes it into a folder, beside its {@link #bundle}. */
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

  /** The ZIP file, in the folder of a plan, with all that travels with the job. */
  public static Path bundle(Path folder) {
    return folder.resolve("bundle.zip");
  }
}
