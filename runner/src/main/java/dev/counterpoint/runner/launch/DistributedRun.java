package dev.counterpoint.runner.launch;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.Processes;
import dev.counterpoint.runner.machine.OwnJvm;
import dev.counterpoint.runner.rendezvous.Address;
import dev.counterpoint.runner.rendezvous.Secret;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Prepares the processes of a distributed run: all ranks on this machine, or the one of them that
 * belongs to this command where there are several machines.
 *
 * @param run as it was read
 * @param spot absent where all ranks are started here
 * @param secretFile null where the secret is in the environment
 */
public record DistributedRun(
    Run run, Processes config, Optional<Spot> spot, @Nullable Path secretFile) {
  private static final String THREADS = "OMP_NUM_THREADS";

  /**
   * Arguments of the ranks.
   *
   * @param ofAll behind {@code train}, without {@code --output}
   * @param ofRank0 further ones of rank 0
   */
  public record Arguments(List<String> ofAll, List<String> ofRank0) {}

  /** The worker processes of a run; empty if its strategy runs in a single process. */
  public static Optional<Processes> config(Run run) {
    return run.file().strategy().processes();
  }

  /**
   * Checks what can be known before any process is started.
   *
   * @throws InvalidSettings naming what is wrong
   */
  public void check(DataSplits data, boolean directoryGiven) {
    int items = run.file().training().batchSize();
    if (config.workers() > items) {
      throw new InvalidSettings(
          String.format(
              Locale.ROOT,
              "strategy.workers %d must be at most training.batchSize, %d: each worker has a share of"
                  + " every batch.",
              config.workers(),
              items));
    }
    if (config.workers() > data.train().size()) {
      throw new InvalidSettings(
          String.format(
              Locale.ROOT,
              "strategy.workers %d must be at most the items of the training data, %d.",
              config.workers(),
              data.train().size()));
    }
    if (spot.isPresent() && !directoryGiven) {
      throw new InvalidSettings(
          "A run on several machines needs --output DIR, on a file system that all of them see.");
    }
  }

  /**
   * What is to be started.
   *
   * @param environment of this process
   */
  public Launcher launcher(
      Arguments arguments,
      Map<String, String> environment,
      Console console,
      PrintWriter out,
      PrintWriter err)
      throws IOException {
    Job job = job(environment);
    List<String> all = new ArrayList<>(List.of("train"));
    all.addAll(arguments.ofAll());
    if (!run.goesOn()) {
      all.addAll(List.of("--output", run.directory().path().toString()));
    }
    Programs programs = new JavaPrograms(all, arguments.ofRank0(), ranksOfMachine(environment));
    return new Launcher(job, programs, run.directory(), config.maxRestarts(), console, out, err);
  }

  private Job job(Map<String, String> environment) throws IOException {
    Map<String, String> ofRanks = new LinkedHashMap<>();
    ofRanks.put("CLASSPATH", OwnJvm.classPath());
    if (!environment.containsKey(THREADS)) {
      int cores = Runtime.getRuntime().availableProcessors();
      ofRanks.put(THREADS, Integer.toString(Math.max(1, cores / ranksOfMachine(environment))));
    }
    if (spot.isEmpty()) {
      List<Integer> ranks = IntStream.range(0, config.workers()).boxed().toList();
      return new Job(
          config.workers(),
          ranks,
          0,
          Address.LOCAL,
          true,
          Secret.random(),
          config.deadline(),
          ofRanks,
          run.directory().logs());
    }
    Spot own = spot.get();
    return new Job(
        own.world(),
        List.of(own.rank()),
        own.localRank(),
        own.tracker(),
        own.rank() == 0,
        secret(environment),
        config.deadline(),
        ofRanks,
        run.directory().logs());
  }

  private int ranksOfMachine(Map<String, String> environment) {
    String told = environment.getOrDefault("LOCAL_WORLD_SIZE", "");
    return spot.isEmpty()
        ? config.workers()
        : told.matches("[1-9]\\d{0,4}") ? Integer.parseInt(told) : 1;
  }

  private Secret secret(Map<String, String> environment) throws IOException {
    if (secretFile == null) {
      return Place.secret(environment);
    }
    if (!Files.isReadable(secretFile)) {
      throw new InvalidSettings("--secret-file " + secretFile + " cannot be read.");
    }
    Secret secret = Secret.of(Files.readString(secretFile).strip());
    if (secret.isEmpty()) {
      throw new InvalidSettings("--secret-file " + secretFile + " is empty.");
    }
    return secret;
  }
}
