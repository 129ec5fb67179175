package dev.counterpoint.runner.launch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.experiment.BuiltInData;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.spark.JobPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Bundle of a run for other machines: the run file and the user's classes. The data must exist on
 * every machine under the same absolute paths.
 */
public final class RunBundle {
  private static final String PATH = "path";

  private final Run run;
  private final Processes processes;
  private final ObjectNode settings;
  private final Map<String, String> files = new TreeMap<>();
  private final Map<String, Path> classes = new TreeMap<>();

  private RunBundle(Run run, Processes processes) {
    this.run = run;
    this.processes = processes;
    settings = run.binder().toTree(run.file());
  }

  /**
   * Writes the plan and the bundle of a run to a folder.
   *
   * @throws InvalidSettings if the run is not distributed
   */
  public static void pack(Run run, Path folder) throws IOException {
    Processes processes =
        DistributedJob.config(run)
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "On Spark, strategy.type must be distributed or a strategy that"
                            + " declares processes, but it is %s.",
                        run.binder().toTree(run.file()).path("strategy").path("type")));
    DistributedJob.checkBatchSize(processes.workers(), run.file().training().batchSize());
    new RunBundle(run, processes).write(folder);
  }

  private void write(Path folder) throws IOException {
    locateData("data", settings.path("data"));
    String from = settings.path("model").path("from").asText("");
    if (!from.isEmpty() && !run.isResumed()) {
      files.put("model.from", from);
    }
    addClasses();
    new JobPlan(
            run.file().name(),
            new JobPlan.Ranks(
                processes.workers(),
                processes.maxRestarts(),
                (int) processes.deadline().toSeconds()),
            run.directory().path().toString(),
            files)
        .write(folder);
    bundle(JobPlan.bundle(folder));
  }

  /** Makes data paths absolute, since relative paths depend on the working directory. */
  private void locateData(String key, JsonNode node) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String inner = key + "." + entry.getKey();
      String text = entry.getValue().asText("");
      if (entry.getKey().equals(PATH)
          && !text.isEmpty()
          && !text.startsWith(BuiltInData.SCHEME)
          && !text.contains("${")) {
        String absolute = run.files().apply(text).toAbsolutePath().toString();
        ((ObjectNode) node).put(PATH, absolute);
        files.put(inner, absolute);
      } else {
        locateData(inner, entry.getValue());
      }
    }
  }

  /** Adds the checked code. Each entry has a separate folder, since names may be equal. */
  private void addClasses() {
    List<Path> entries = run.code().entries();
    ArrayNode paths = settings.putArray("classpath");
    for (int i = 0; i < entries.size(); i++) {
      String path = JobPlan.CLASSPATH + "/" + i + "/" + entries.get(i).getFileName();
      classes.put(path, run.code().loadedFrom(entries.get(i)));
      paths.add(JobPlan.RUN_DIRECTORY + "/" + path);
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
