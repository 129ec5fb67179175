package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.inference.config.SettingsTree;
import dev.counterpoint.runner.report.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Checks that a resumed run has the settings it was started with, which are stored in its
 * checkpoints. Only some settings may differ, even if {@code run.yaml} was edited in between.
 */
record ResumeCompatibility(Run run, Console console) implements Callback, Stateful {
  private static final String KEY = "runFile";
  private static final String ABSENT = "absent";

  @Override
  public Map<String, Object> state() {
    return Map.of(KEY, run.binder().toTree(run.file()).toString());
  }

  /**
   * Compares the original settings with the current ones.
   *
   * @throws InvalidSettings if settings that must not change differ; the message lists their keys
   */
  @Override
  public void loadState(Map<String, ?> state) {
    if (state.get(KEY) instanceof String original) {
      compare(flatten(original));
    }
  }

  /** Binds the original run file, so that keys added in newer versions have their defaults. */
  private Map<String, String> flatten(String original) {
    SettingsTree tree = SettingsTree.load("the run file in the checkpoint", original, List.of());
    return FlatSettings.of(run.binder().toTree(run.binder().bind(tree, RunFile.class)));
  }

  private void compare(Map<String, String> original) {
    Map<String, String> current = run.settings();
    TreeSet<String> keys = new TreeSet<>(original.keySet());
    keys.addAll(current.keySet());
    List<Problem> problems = new ArrayList<>();
    for (String key : keys) {
      String before = original.getOrDefault(key, ABSENT);
      String after = current.getOrDefault(key, ABSENT);
      if (!before.equals(after) && Run.mayChange(key)) {
        console.log(key + " is now " + after + " (previously " + before + ").");
      } else if (!before.equals(after)) {
        problems.add(new Problem(key, "is " + after + ", but the run was started with " + before));
      }
    }
    if (!problems.isEmpty()) {
      problems.add(
          new Problem("", "The run cannot be resumed with these. " + Run.changeableSettings()));
      throw new InvalidSettings(problems);
    }
  }

  /** Saves the changed settings to the run file, once the run has been resumed. */
  @Override
  public void onStart(TrainingStart start) {
    try {
      AtomicFile.writeText(run.directory().runFile(), run.binder().toYaml(run.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
