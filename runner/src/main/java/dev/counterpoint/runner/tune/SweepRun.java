package dev.counterpoint.runner.tune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Threads;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;

/**
 * Trains the trials of a sweep, each in a separate process and run directory. A sweep that was
 * killed is continued by running it again: the journal has the finished trials, and the others
 * resume from their checkpoints. Its results do not depend on kills, or on the number of trials at
 * a time.
 */
public final class SweepRun {
  private static final Duration POLL = Duration.ofMillis(20);

  private final TrialRuns runs;
  private final Sweep sweep;
  private final Mode mode;
  private final Console console;
  private final List<Map<String, String>> trials;
  private final Journal journal;
  private final Map<Integer, ChildJvm> running = new ConcurrentSkipListMap<>();
  private volatile boolean stopped;

  /**
   * Begins or continues a sweep.
   *
   * @param mode which values of the metric are better
   */
  public SweepRun(TrialRuns runs, Sweep sweep, Mode mode, Journal journal, Console console) {
    this.runs = runs;
    this.sweep = sweep;
    this.mode = mode;
    this.journal = journal;
    this.console = console;
    trials = sweep.settings();
    console.log(
        "%d trials in %s, %d at a time%s",
        trials.size(),
        runs.folder(),
        sweep.parallel(),
        runs.cluster().isEmpty()
            ? ", " + Formats.count(journal.threads(), "thread") + " each"
            : ", on Spark");
  }

  /**
   * Trains all trials that are not in the journal.
   *
   * @return the trials in the order of {@link Journal.Result#bestFirst}; empty if the sweep was
   *     stopped
   */
  public List<Journal.Result> run() throws IOException {
    Map<Integer, Journal.Result> latest = new TreeMap<>();
    List<Integer> left = IntStream.rangeClosed(1, trials.size()).boxed().toList();
    Halving halving = Objects.requireNonNullElse(sweep.halving(), Halving.NONE);
    for (int round = 0; !left.isEmpty(); round++) {
      boolean isLast = left.size() <= halving.factor();
      long until = isLast ? Long.MAX_VALUE : halving.stepsOf(round);
      train(left, round, until);
      List<Journal.Result> results = new ArrayList<>();
      for (int trial : left) {
        journal.find(trial, round).ifPresent(results::add);
      }
      if (results.size() < left.size()) {
        return List.of();
      }
      results.forEach(it -> latest.put(it.trial(), it));
      left = isLast ? List.of() : halving.survivors(results, mode);
    }
    return latest.values().stream().sorted(Journal.Result.bestFirst(mode)).toList();
  }

  /** Stops all trials; they save a checkpoint first. */
  public void stop(String signal) {
    stopped = true;
    running.values().forEach(it -> it.stop(signal));
  }

  /** Kills all trials. */
  public void kill() {
    running.values().forEach(ChildJvm::kill);
  }

  /** Trains the trials of one round that are not in the journal, or until the sweep is stopped. */
  private void train(List<Integer> left, int round, long until) throws IOException {
    Deque<Integer> waiting = new ArrayDeque<>(left);
    waiting.removeIf(trial -> journal.find(trial, round).isPresent());
    try {
      while (!running.isEmpty() || (!waiting.isEmpty() && !stopped)) {
        while (!stopped && !waiting.isEmpty() && running.size() < sweep.parallel()) {
          int trial = waiting.remove();
          running.put(trial, start(trial, until));
        }
        if (stopped) { // perhaps before the last trial was added
          running.values().forEach(it -> it.stop("TERM"));
        }
        for (Map.Entry<Integer, ChildJvm> each : List.copyOf(running.entrySet())) {
          if (!each.getValue().alive()) {
            finish(each.getKey(), round, each.getValue());
            each.getValue().close();
            running.remove(each.getKey());
          }
        }
        Uninterruptibles.sleepUninterruptibly(POLL);
      }
    } finally {
      running.values().forEach(ChildJvm::close);
    }
  }

  private ChildJvm start(int trial, long until) throws IOException {
    if (!runs.isResumable(trial)) {
      new LocalDisk().delete(runs.directory(trial)); // killed before its first checkpoint
    }
    List<String> arguments = runs.arguments(trial, sets(trial), journal.threads());
    if (until < Long.MAX_VALUE) {
      arguments.addAll(List.of("--until", Long.toString(until), "--validate"));
    }
    return ChildJvm.supervised( // The variable would contradict the recorded number of threads.
        arguments,
        Path.of(runs.directory(trial) + ".log"),
        environment -> environment.remove(Threads.VARIABLE));
  }

  /** Records the end of a trial; a stopped or killed trial is resumed with the sweep. */
  private void finish(int trial, int round, ChildJvm child) throws IOException {
    int code = child.exitCode();
    String name = "trial " + trial + " (" + String.join(" ", sets(trial)) + ")";
    if (stopped) {
      return;
    }
    if (code == RankExit.RETRY || RankExit.isStopped(code)) {
      console.log("%s ended with exit code %s: the sweep stops", name, code);
      stop("TERM");
      return;
    }
    String failure = code == 0 ? null : child.failure();
    if (failure != null && !runs.cluster().isEmpty() && !runs.hasBegun(trial)) {
      console.log("%s did not begin: %s The sweep stops.", name, failure); // a fault of the cluster
      stop("TERM");
      return;
    }
    ObjectNode summary = AtomicFile.readJson(runs.directory(trial).resolve("summary.json"));
    double value = Json.number(summary.path("validation").path(sweep.metric()));
    Journal.Result result =
        failure == null
            ? new Journal.Result(
                trial, round, summary.path("steps").asLong(), Json.finite(value), null)
            : new Journal.Result(trial, round, 0, null, failure);
    journal.add(result);
    console.log(
        "%s: %s",
        name,
        failure == null
            ? sweep.metric() + " " + Formats.number(value) + " after step " + result.steps()
            : "failed: " + failure);
  }

  /** The settings of a trial, counted from 1, as {@code --set} has them. */
  public List<String> sets(int trial) {
    return trials.get(trial - 1).entrySet().stream()
        .map(it -> it.getKey() + "=" + it.getValue())
        .toList();
  }
}
