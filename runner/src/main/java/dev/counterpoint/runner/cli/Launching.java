package dev.counterpoint.runner.cli;

import com.google.inject.Guice;
import com.google.inject.ProvisionException;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Processes;
import dev.counterpoint.runner.launch.DistributedRun;
import dev.counterpoint.runner.launch.Launcher;
import dev.counterpoint.runner.launch.Spot;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** {@code counterpoint train} of a run that several processes share: starts them. */
final class Launching {
  private static final String WORKERS = "strategy." + Processes.WORKERS;

  private final Asked asked;
  private final SeveralMachines machines;
  private final Console console;
  private final CommandLine commandLine;

  /**
   * What was asked for.
   *
   * @param output null where it was not given
   * @param trace null where there is none
   */
  record Asked(
      String name,
      List<String> sets,
      List<Path> classpath,
      @Nullable Path output,
      @Nullable Path trace) {
    Run.Request request() {
      return new Run.Request(name, sets, classpath, output);
    }

    Asked with(String set) {
      List<String> more = new ArrayList<>(sets);
      more.add(set);
      return new Asked(name, more, classpath, output, trace);
    }

    DistributedRun.Arguments arguments(boolean debug) {
      List<String> all = new ArrayList<>(List.of(name));
      sets.forEach(set -> all.addAll(List.of("--set", set)));
      classpath.forEach(path -> all.addAll(List.of("--classpath", path.toString())));
      if (debug) {
        all.add("--debug");
      }
      return new DistributedRun.Arguments(
          all, trace == null ? List.of() : List.of("--trace", trace.toString()));
    }
  }

  Launching(Asked asked, SeveralMachines machines, Console console, CommandLine commandLine) {
    this.asked = asked;
    this.machines = machines;
    this.console = console;
    this.commandLine = commandLine;
  }

  /**
   * Checks the run, and runs it to its end.
   *
   * @param read the run as it was asked for
   * @return the exit code
   */
  int call(Run read) throws IOException {
    Optional<Spot> spot = machines.spot(System.getenv());
    Asked exactly = spot.isPresent() ? ofWorld(spot.get(), read) : asked;
    Run run = exactly.equals(asked) ? read : Run.of(exactly.request());
    DistributedRun job =
        new DistributedRun(
            run, DistributedRun.config(run).orElseThrow(), spot, machines.secretFile());
    try (DataSplits data =
        Guice.createInjector(new RunModule(run, console)).getInstance(DataSplits.class)) {
      job.check(data, run.goesOn() || asked.output() != null);
    }
    boolean locks = spot.isEmpty() || spot.get().rank() == 0;
    try (RunLock lock = locks ? RunLock.holdForJob(run.directory(), run.goesOn()) : null) {
      Launcher launcher =
          job.launcher(
              exactly.arguments(debug()),
              System.getenv(),
              console,
              commandLine.getOut(),
              commandLine.getErr());
      Signals signals = Signals.passedOn(launcher::stop, launcher::kill);
      return exitCode(launcher.run(), signals.exitCode());
    } catch (InvalidSettings | ProvisionException e) {
      if (locks && !run.goesOn()) {
        if (spot.isEmpty()) { // On other machines others may still read theirs.
          run.directory().discardLogs();
        }
        run.directory().discardUnlessBegun();
      }
      throw e;
    }
  }

  /** A signal that came too late to save anything, or whose saving failed, saved nothing. */
  static int exitCode(int ofJob, int ofSignal) {
    return ofJob == ExitCode.DONE ? ofSignal : ofJob;
  }

  private boolean debug() {
    OptionSpec debug = commandLine.getCommandSpec().root().optionsMap().get("--debug");
    return debug != null && Boolean.TRUE.equals(debug.getValue());
  }

  /** As many workers as there are ranks, and said so. */
  private Asked ofWorld(Spot spot, Run read) {
    int workers = DistributedRun.config(read).orElseThrow().workers();
    console.say(
        String.format(
            Locale.ROOT,
            "Rank %d of %d, tracker at %s (%s).",
            spot.rank(),
            spot.world(),
            spot.tracker(),
            spot.source()));
    spot.tracker().doubt().ifPresent(console::say);
    if (workers == spot.world()) {
      return asked;
    }
    if (asked.sets().stream().anyMatch(set -> set.startsWith(WORKERS + "="))) {
      throw new InvalidSettings(
          WORKERS + " is " + workers + ", but there are " + spot.world() + " ranks; leave it out.");
    }
    console.say(WORKERS + " is " + spot.world() + ", as there are so many ranks.");
    return asked.with(WORKERS + "=" + spot.world());
  }
}
