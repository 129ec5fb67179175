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
 * The settings that a run began with, kept in its checkpoints: the run goes on with these alone,
 * whatever has been written into its {@code run.yaml} since, save for what may change.
 */
final class ResumeCompatibility implements Callback, Stateful {
  private static final String KEY = "runFile";
  private static final String ABSENT = "absent";

  private final Run run;
  private final Console console;

  ResumeCompatibility(Run run, Console console) {
    this.run = run;
    this.console = console;
  }

  @Override
  public Map<String, Object> state() {
    return Map.of(KEY, run.binder().toTree(run.file()).toString());
  }

  /**
   * Compares.
   *
   * @throws InvalidSettings naming each key that may not change and has
   */
  @Override
  public void loadState(Map<String, ?> state) {
    if (state.get(KEY) instanceof String begun) {
      compare(flat(begun));
    }
  }

  /** Read as a run file is, so that a key that is new since has its default. */
  private Map<String, String> flat(String begun) {
    SettingsTree tree = SettingsTree.load("the run file in the checkpoint", begun, List.of());
    return FlatSettings.of(run.binder().toTree(run.binder().bind(tree, RunFile.class)));
  }

  private void compare(Map<String, String> begun) {
    Map<String, String> now = run.settings();
    TreeSet<String> keys = new TreeSet<>(begun.keySet());
    keys.addAll(now.keySet());
    List<Problem> problems = new ArrayList<>();
    for (String key : keys) {
      String before = begun.getOrDefault(key, ABSENT);
      String after = now.getOrDefault(key, ABSENT);
      if (!before.equals(after) && Run.mayChange(key)) {
        console.say(key + " is " + after + " now; it was " + before + ".");
      } else if (!before.equals(after)) {
        problems.add(new Problem(key, "is " + after + ", but the run began with " + before));
      }
    }
    if (!problems.isEmpty()) {
      problems.add(new Problem("", "The run cannot go on with these. " + Run.whatMayChange()));
      throw new InvalidSettings(problems);
    }
  }

  /** What has changed is kept now that the run does go on. */
  @Override
  public void onStart(TrainingStart start) {
    try {
      AtomicFile.writeText(run.directory().runFile(), run.binder().toYaml(run.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
