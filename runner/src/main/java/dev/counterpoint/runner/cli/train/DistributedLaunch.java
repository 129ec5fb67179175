package dev.counterpoint.runner.cli.train;

import com.google.inject.Guice;
import com.google.inject.ProvisionException;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.option.GivenOptions;
import dev.counterpoint.runner.cli.option.Signals;
import dev.counterpoint.runner.launch.DistributedJob;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.rundir.RunLock;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import dev.counterpoint.strategies.launch.Attempt;
import dev.counterpoint.strategies.launch.ClusterEnvironment;
import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.Launcher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Launches a distributed run for {@code counterpoint train}: starts and supervises the ranks.
 *
 * @param checks the quick checks, which all ranks run
 */
record DistributedLaunch(
    Run.Request request,
    QuickChecks checks,
    MultiNodeOptions options,
    Console console,
    CommandLine commandLine) {
  private static final String WORKERS = "strategy." + Processes.WORKERS;
  private static final Set<String> OF_ALL_RANKS =
      Set.of("--debug", "--fast-dev-run", "--overfit", "--detect-anomaly");
  private static final Set<String> OF_RANK_ZERO =
      Set.of("--trace", "--exact", "--until", "--validate");

  /**
   * Checks the run, starts its ranks and waits for them.
   *
   * @param requested the run that the command line requests
   * @return the exit code
   */
  int call(Run requested) throws IOException {
    Optional<ClusterEnvironment> cluster = options.cluster(System.getenv());
    Run.Request actual = cluster.isPresent() ? withWorkers(cluster.get(), requested) : request;
    Run run =
        actual.equals(request) ? requested : checks.applyTo(Run.of(actual), actual.output(), false);
    DistributedJob job =
        new DistributedJob(
            run,
            DistributedJob.config(run).orElseThrow(),
            cluster,
            options.secretFile(),
            options.environment());
    try (DataSplits data =
        Guice.createInjector(new RunModule(run, console)).getInstance(DataSplits.class)) {
      job.check(data, run.isResumed() || request.output() != null);
    }
    boolean ownsLock = cluster.isEmpty() || cluster.get().rank() == 0;
    try (RunLock lock = ownsLock ? RunLock.holdForJob(run.directory(), run.isResumed()) : null) {
      Launcher launcher =
          job.launcher(
              arguments(actual),
              console,
              new Attempt.Output(commandLine.getOut(), commandLine.getErr()));
      Signals signals = Signals.forwarding(launcher::stop, launcher::kill);
      return exitCode(launcher.run(), signals.exitCode());
    } catch (InvalidSettings | ProvisionException | LaunchException e) {
      boolean invalid =
          !(e instanceof LaunchException failure) || failure.exitCode() == ExitCode.INVALID_REQUEST;
      if (invalid && ownsLock && !run.isResumed()) {
        discard(run.directory(), cluster.isEmpty());
      }
      throw e;
    }
  }

  /** Deletes a run that has not started. Logs are kept if other machines may still write theirs. */
  private static void discard(RunDirectory directory, boolean withLogs) throws IOException {
    if (withLogs) {
      directory.discardLogs();
    }
    directory.discardUnlessStarted();
  }

  /** The exit code of a signal, or of the job if it failed, because nothing may be saved then. */
  static int exitCode(int ofJob, int ofSignal) {
    return ofJob == ExitCode.SUCCESS ? ofSignal : ofJob;
  }

  private DistributedJob.Arguments arguments(Run.Request actual) {
    List<String> all = actual.arguments();
    CommandSpec command = commandLine.getCommandSpec();
    all.addAll(GivenOptions.of(command, OF_ALL_RANKS));
    return new DistributedJob.Arguments(all, GivenOptions.of(command, OF_RANK_ZERO));
  }

  /** Sets the number of workers to the number of ranks, and prints it. */
  private Run.Request withWorkers(ClusterEnvironment cluster, Run requested) {
    int workers = DistributedJob.config(requested).orElseThrow().workers();
    console.log(
        "Rank %d of %d, tracker at %s (%s).",
        cluster.rank(), cluster.worldSize(), cluster.tracker(), cluster.source());
    cluster.tracker().loopbackWarning().ifPresent(console::log);
    if (workers == cluster.worldSize()) {
      return request;
    }
    if (request.sets().stream().anyMatch(set -> set.startsWith(WORKERS + "="))) {
      throw new InvalidSettings(
          "%s is %d, but the number of ranks is %d. Remove the setting.",
          WORKERS, workers, cluster.worldSize());
    }
    console.log(WORKERS + " is set to " + cluster.worldSize() + ", the number of ranks.");
    List<String> sets = new ArrayList<>(request.sets());
    sets.add(WORKERS + "=" + cluster.worldSize());
    return request.with(sets);
  }
}
