package dev.counterpoint.strategies.spark.scoring;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The plan of predicting a table, which the driver reads. A process with the program's own class
 * path checks the command and writes the plan into a folder; the driver reads it there. All paths
 * are absolute, and exist on every machine.
 *
 * @param files of the table, in their order; each is predicted by one task
 * @param output the folder of the predictions
 * @param extension of its files, as {@code .parquet}
 * @param arguments of {@code predict} that do not depend on the file: model and options
 * @param trusted the list of trusted code of the tasks: the code that the driver has checked; empty
 *     if there is none
 */
public record ScoringPlan(
    List<String> files, String output, String extension, List<String> arguments, String trusted)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String FILE = "scoring";

  public ScoringPlan {
    files = new ArrayList<>(files);
    arguments = new ArrayList<>(arguments);
  }

  /** The predictions of a file: {@code part-00000.parquet} for the first one. */
  Path part(int index) {
    return Path.of(output, String.format(Locale.ROOT, "part-%05d%s", index, extension));
  }

  /** The folder for incomplete parts, with a subfolder for each start of a job. */
  Path unfinished() {
    return Path.of(output, "_temporary");
  }

  /** Writes the plan into a folder. */
  public void write(Path folder) throws IOException {
    try (ObjectOutputStream out =
        new ObjectOutputStream(Files.newOutputStream(folder.resolve(FILE)))) {
      out.writeObject(this);
    }
  }

  static ScoringPlan read(Path folder) throws IOException {
    try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(folder.resolve(FILE)))) {
      return (ScoringPlan) in.readObject();
    } catch (ClassNotFoundException e) {
      throw new IOException(e);
    }
  }
}
