package dev.counterpoint.runner.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Processes;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.spark.JobPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A run packed for other machines: its run file and the user's classes travel, its data lies there
 * already, under the same absolute paths.
 */
public final class TravellingRun {
  private static final String PATH = "path";

  private final Run run;
  private final Processes processes;
  private final ObjectNode settings;
  private final Map<String, String> files = new TreeMap<>();
  private final Map<String, Path> classes = new TreeMap<>();

  private TravellingRun(Run run, Processes processes) {
    this.run = run;
    this.processes = processes;
    settings = run.binder().toTree(run.file());
  }

  /**
   * Writes what a job must know of a run into a folder.
   *
   * @throws InvalidSettings where the run is not one for several processes
   */
  public static void pack(Run run, Path folder) throws IOException {
    Processes processes =
        run.file()
            .strategy()
            .processes()
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "On Spark strategy.type must be distributed, or a strategy of yours with"
                            + " processes; the run has "
                            + run.binder().toTree(run.file()).path("strategy").path("type")
                            + "."));
    int batchSize = run.file().training().batchSize();
    if (processes.workers() > batchSize) {
      throw new InvalidSettings(
          String.format(
              Locale.ROOT,
              "strategy.workers %d must be at most training.batchSize, %d: each worker has a share of"
                  + " every batch.",
              processes.workers(),
              batchSize));
    }
    new TravellingRun(run, processes).write(folder);
  }

  private void write(Path folder) throws IOException {
    locateData("data", settings.path("data"));
    String from = settings.path("model").path("from").asText("");
    if (!from.isEmpty() && !run.goesOn()) {
      files.put("model.from", from);
    }
    takeClasses();
    new JobPlan(
            run.file().name(),
            processes.workers(),
            processes.maxRestarts(),
            (int) processes.deadline().toSeconds(),
            run.directory().path().toString(),
            files)
        .write(folder);
    bundle(JobPlan.bundle(folder));
  }

  /** A relative path would mean something else on another machine. */
  private void locateData(String key, JsonNode node) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String inner = key + "." + entry.getKey();
      String text = entry.getValue().asText("");
      if (entry.getKey().equals(PATH) && !text.isEmpty() && !text.startsWith(BuiltInData.SCHEME)) {
        String place = run.files().apply(text).toAbsolutePath().toString();
        ((ObjectNode) node).put(PATH, place);
        files.put(inner, place);
      } else {
        locateData(inner, entry.getValue());
      }
    }
  }

  /** Each entry has a folder of its own, as two may have one name. */
  private void takeClasses() {
    List<Path> entries = run.file().classpath().stream().map(run.files()).toList();
    ArrayNode places = settings.putArray("classpath");
    for (int i = 0; i < entries.size(); i++) {
      String place = JobPlan.CLASSPATH + "/" + i + "/" + entries.get(i).getFileName();
      classes.put(place, entries.get(i));
      places.add(JobPlan.RUN_DIRECTORY + "/" + place);
    }
  }

  private void bundle(Path file) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry(JobPlan.RUN_FILE));
      zip.write(settings.toPrettyString().getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, Path> entry : classes.entrySet()) {
        add(zip, entry.getKey(), entry.getValue());
      }
    }
  }

  private static void add(ZipOutputStream zip, String name, Path path) throws IOException {
    try (Stream<Path> found = Files.walk(path)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        String below = path.relativize(file).toString().replace('\\', '/');
        zip.putNextEntry(new ZipEntry(below.isEmpty() ? name : name + "/" + below));
        Files.copy(file, zip);
      }
    }
  }
}
