package dev.counterpoint.runner.launch;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.Processes;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.Threads;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.Attempt;
import dev.counterpoint.strategies.launch.BindAddress;
import dev.counterpoint.strategies.launch.ClusterEnvironment;
import dev.counterpoint.strategies.launch.Job;
import dev.counterpoint.strategies.launch.Launcher;
import dev.counterpoint.strategies.launch.RankEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a distributed run that this command starts: all ranks, or one rank if the run
 * uses several machines.
 *
 * @param run the run
 * @param config the number of workers, restarts and the deadline
 * @param cluster the position of this process among the machines; empty if all ranks run on this
 *     machine
 * @param secretFile the file with the shared secret; null if the secret is in the environment
 * @param environment the environment variables of this process
 */
public record DistributedJob(
    Run run,
    Processes config,
    Optional<ClusterEnvironment> cluster,
    @Nullable Path secretFile,
    Map<String, String> environment) {
  /**
   * Command-line arguments of the ranks.
   *
   * @param common the arguments of all ranks after {@code train}, without {@code --output}
   * @param rankZeroOnly additional arguments of rank 0
   */
  public record Arguments(List<String> common, List<String> rankZeroOnly) {}

  /** The worker processes of a run; empty if the run has a single process. */
  public static Optional<Processes> config(Run run) {
    return run.file().strategy().processes();
  }

  /**
   * Checks the run before any process is started.
   *
   * @param hasOutputDirectory whether the run directory was given or exists
   * @throws InvalidSettings if these ranks cannot train the run
   */
  public void check(DataSplits data, boolean hasOutputDirectory) {
    checkBatchSize(config.workers(), run.file().training().batchSize());
    if (config.workers() > data.train().size()) {
      throw new InvalidSettings(
          "strategy.workers %d must be at most the number of training examples, %d.",
          config.workers(), data.train().size());
    }
    if (cluster.isPresent() && !hasOutputDirectory) {
      throw new InvalidSettings(
          "A run on several machines needs --output DIR on a file system that all machines share.");
    }
  }

  /**
   * Checks that every rank has a shard of each batch.
   *
   * @throws InvalidSettings if there are more ranks than examples in a batch
   */
  public static void checkBatchSize(int workers, int batchSize) {
    if (workers > batchSize) {
      throw new InvalidSettings(
          "strategy.workers %d must be at most training.batchSize, %d: each worker has a shard of"
              + " every batch.",
          workers, batchSize);
    }
  }

  /** Creates the launcher of the processes. */
  public Launcher launcher(Arguments arguments, Console console, Attempt.Output output)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("train"));
    all.addAll(arguments.common());
    if (!run.isResumed()) {
      all.addAll(List.of("--output", run.directory().path().toString()));
    }
    return new Launcher(
        new Job(localRanks(), tracker(), FileAccess.createPrivateFolder(run.directory().logs())),
        new RankPrograms(all, arguments.rankZeroOnly(), ranksOnMachine(), variables()),
        new DirectoryProgress(run.directory(), console),
        config.maxRestarts(),
        output);
  }

  private Job.LocalRanks localRanks() {
    return cluster
        .map(own -> new Job.LocalRanks(own.worldSize(), List.of(own.rank()), own.localRank()))
        .orElseGet(
            () ->
                new Job.LocalRanks(
                    config.workers(), IntStream.range(0, config.workers()).boxed().toList(), 0));
  }

  private Job.TrackerPlan tracker() throws IOException {
    if (cluster.isEmpty()) {
      return new Job.TrackerPlan(
          Address.LOOPBACK,
          true,
          RankEnvironment.withTls(Secret.random(), environment),
          config.deadline());
    }
    ClusterEnvironment own = cluster.get();
    return new Job.TrackerPlan(own.tracker(), own.rank() == 0, secret(), config.deadline());
  }

  private Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("CLASSPATH", CurrentJvm.classPath());
    variables.put(BindAddress.VARIABLE, environment.getOrDefault(BindAddress.VARIABLE, ""));
    if (!environment.containsKey(Threads.VARIABLE)) {
      variables.put(Threads.VARIABLE, Threads.perProcess(run, ranksOnMachine()));
    }
    return variables;
  }

  private int ranksOnMachine() {
    String local = environment.getOrDefault("LOCAL_WORLD_SIZE", "");
    return cluster.isEmpty()
        ? config.workers()
        : local.matches("[1-9]\\d{0,4}") ? Integer.parseInt(local) : 1;
  }

  private Secret secret() throws IOException {
    if (secretFile == null) {
      return RankEnvironment.secret(environment);
    }
    if (!Files.isReadable(secretFile)) {
      throw new InvalidSettings("--secret-file %s cannot be read.", secretFile);
    }
    Secret secret =
        RankEnvironment.withTls(Secret.of(Utf8File.read(secretFile).strip()), environment);
    if (secret.isEmpty()) {
      throw new InvalidSettings("--secret-file %s is empty.", secretFile);
    }
    return secret;
  }
}
