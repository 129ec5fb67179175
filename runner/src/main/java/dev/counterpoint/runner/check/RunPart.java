package dev.counterpoint.runner.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.Threads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Steps of a run that were trained with the same settings. A run directory may come from anyone,
 * and so its provenance contributes only what is listed here, and {@link #lines} shows it.
 *
 * @param from the number of steps before them
 * @param runFile the run file of the run with the settings of these steps that may change on
 *     resume; data, code and all other settings are those of {@code run.yaml}
 * @param environment the variables on which the bits depend: the number of threads, and the
 *     selection of kernels; empty if an earlier version has not recorded them
 * @param changes the settings that differ from {@code run.yaml}
 */
public record RunPart(
    long from, ObjectNode runFile, Map<String, String> environment, Map<String, String> changes) {

  private static final String AFTER_STEP = "afterStep";
  private static final String ABSENT = "absent";

  /**
   * The parts of a run, in order.
   *
   * @throws InvalidSettings if a part had another class path than {@code run.yaml}
   */
  static List<RunPart> of(Run run) throws IOException {
    List<RunPart> parts = new ArrayList<>();
    RunDirectory directory = run.directory();
    for (JsonNode process : Provenance.processes(AtomicFile.readJson(directory.provenance()))) {
      RunPart part = of(run, process);
      if (process.has(AFTER_STEP)) { // An earlier version has not recorded it.
        parts.removeIf(it -> it.from() >= part.from()); // repeated steps
      }
      if (parts.isEmpty() || !parts.get(parts.size() - 1).isContinuedBy(part)) {
        parts.add(part);
      }
    }
    return parts;
  }

  private static RunPart of(Run run, JsonNode process) {
    JsonNode settings = process.path("settings"); // absent in earlier versions
    List<String> classpath =
        settings.path("classpath").valueStream().map(JsonNode::asText).toList();
    if (settings.isObject() && !classpath.equals(run.file().classpath())) {
      throw new InvalidSettings(
          "%s: some steps were trained with a classpath that differs from the one in %s; only the code of the latter is checked and trusted.",
          run.directory().provenance(), RunDirectory.RUN_FILE);
    }
    ObjectNode current = run.binder().toTree(run.file());
    ObjectNode runFile =
        settings.isObject() ? run.withSettingsOf(settings.toString()) : current.deepCopy();
    Map<String, String> changes = FlatSettings.of(runFile);
    Map<String, String> own = FlatSettings.of(current);
    own.forEach((key, value) -> changes.merge(key, ABSENT, (then, absent) -> then));
    changes.entrySet().removeAll(own.entrySet());
    return new RunPart(
        Math.max(0, process.path(AFTER_STEP).asLong()),
        runFile,
        environment(process.path("machine")),
        changes);
  }

  private static Map<String, String> environment(JsonNode machine) {
    Map<String, String> environment = new TreeMap<>();
    if (machine.path("threads").asText().matches("[1-9]\\d{0,3}")) { // as in a run file
      environment.put(Threads.VARIABLE, machine.path("threads").asText());
      for (String name : Processor.KERNEL_VARIABLES) {
        String value = machine.path("kernelVariables").path(name).asText();
        if (value.matches("[\\w,.-]{1,64}")) {
          environment.put(name, value);
        }
      }
    }
    return environment;
  }

  private boolean isContinuedBy(RunPart next) {
    return runFile.equals(next.runFile) && environment.equals(next.environment);
  }

  /** Sets the variables to the values that they had. */
  void restore(Map<String, String> variables) {
    if (!environment.isEmpty()) {
      variables.keySet().removeAll(Processor.KERNEL_VARIABLES);
      variables.putAll(environment);
    }
  }

  /** The settings of the steps: a line with the variables, and one for each changed setting. */
  public List<String> lines() {
    String steps = "steps after " + from + ": ";
    List<String> lines =
        new ArrayList<>(List.of(steps + RunDirectory.RUN_FILE + " with " + environment));
    changes.forEach((key, value) -> lines.add(steps + key + "=" + Excerpt.of(value)));
    return lines;
  }
}
