package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.RunCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Checks that a resumed run has the settings it was started with, which are stored in its
 * checkpoints. Only some settings may differ, even if {@code run.yaml} was edited in between.
 *
 * @param code the SHA-256 of the code with which this process trains, once it has started
 */
record ResumeCompatibility(Run run, Console console, Map<String, String> code)
    implements Callback, Stateful {
  static final String KEY = "runFile";
  private static final String CODE = "code";
  private static final String ABSENT = "absent";

  @Override
  public Map<String, Object> state() {
    return new TreeMap<>(Map.of(KEY, run.binder().toTree(run.file()).toString(), CODE, code));
  }

  /**
   * Compares the original settings with the current ones.
   *
   * @throws InvalidSettings if settings that must not change differ; the message lists their keys
   */
  @Override
  public void loadState(Map<String, ?> state) {
    List<Problem> problems =
        state.get(KEY) instanceof String original
            ? problems(run, original, console::log)
            : List.of();
    if (!problems.isEmpty()) {
      problems.add(
          new Problem("", "The run cannot be resumed with these. " + Run.changeableSettings()));
      throw new InvalidSettings(problems);
    }
  }

  /**
   * The settings of a run that must not change, but differ from the original ones.
   *
   * @param original the original run file, which is bound, so that keys added in newer versions
   *     have their defaults
   * @param changes receives a message for each other setting that differs
   */
  static List<Problem> problems(Run run, String original, Consumer<String> changes) {
    SettingsTree tree = SettingsTree.load("the run file in the checkpoint", original, List.of());
    Binder own = run.binderOfOther();
    Map<String, String> then = FlatSettings.of(own.toTree(own.bind(tree, RunFile.class)));
    Map<String, String> current = run.settings();
    TreeSet<String> keys = new TreeSet<>(then.keySet());
    keys.addAll(current.keySet());
    List<Problem> problems = new ArrayList<>();
    for (String key : keys) {
      String before = then.getOrDefault(key, ABSENT);
      String after = current.getOrDefault(key, ABSENT);
      if (!before.equals(after) && Run.mayChange(key)) {
        changes.accept(key + " is now " + after + " (previously " + before + ").");
      } else if (!before.equals(after)) {
        problems.add(new Problem(key, "is " + after + ", but the run was started with " + before));
      }
    }
    return problems;
  }

  /** Saves the changed settings to the run file, once the run has been resumed. */
  @Override
  public void onStart(TrainingStart start) {
    try {
      code.putAll(new RunCode(run.directory().path(), run.file().classpath()).sha256());
      AtomicFile.writeText(run.directory().runFile(), run.binder().toYaml(run.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
