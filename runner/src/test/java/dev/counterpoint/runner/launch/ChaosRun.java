package dev.counterpoint.runner.launch;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chaos tests: trains a small distributed run with the real launcher, while its processes are
 * killed and suspended.
 */
final class ChaosRun {
  static final int DEADLINE = 20; // seconds
  private static final long TIMEOUT_SECONDS = 120;
  private static final Pattern HEADER =
      Pattern.compile("--- (rank \\d+), start (\\d+), process (\\d+)");
  private static final String RUN_FILE =
      """
      name: chaos
      device: cpu
      model: {type: transformer, width: 16, layers: 1, heads: 2, maxLength: 16}
      data: {type: text-classification, train: {path: texts.tsv}}
      training: {epochs: 2, batchSize: 8}
      checkpoint: {everySteps: 5}
      strategy: {type: distributed, workers: 2, maxRestarts: 50, deadlineSeconds: %d}
      callbacks: [{type: "dev.counterpoint.runner.launch.ChaosRun$Slow"}]
      """;

  private final Path folder;
  private final int ranks;
  private int runs;

  /** The last start of a process. */
  record Started(String name, int start, long process) {}

  /**
   * A fault that was injected.
   *
   * @param seconds until all processes were started again
   * @param step of the newest checkpoint at that time; -1 if there was none
   */
  record Injection(String signal, String target, double seconds, long step) {}

  /** The result of a job. */
  record Outcome(int code, String modelHash, List<Injection> injections, String output) {}

  ChaosRun(Path folder, int ranks) throws IOException {
    this.folder = folder;
    this.ranks = ranks;
    String rows =
        IntStream.range(0, 400)
            .mapToObj(i -> "a film of " + i + " hours\t" + (i % 3 == 0 ? "good" : "bad"))
            .collect(Collectors.joining("\n"));
    Files.writeString(folder.resolve("texts.tsv"), "text\tlabel\n" + rows + "\n");
    Files.writeString(folder.resolve("chaos.yaml"), RUN_FILE.formatted(DEADLINE));
  }

  /** Chooses time and target of each fault. */
  @FunctionalInterface
  interface Plan {
    Fault next(int number, Path run) throws IOException;
  }

  /**
   * A fault to be injected.
   *
   * @param target the name of its log, as {@code rank-0001}
   * @param signal {@code KILL} or {@code STOP}
   */
  record Fault(String target, String signal) {}

  /** Faults of random processes: two of three after a new checkpoint, the others at any time. */
  Plan randomFaults(SplittableRandom random) {
    return (number, run) -> {
      if (random.nextInt(3) > 0) {
        awaitProgress(run);
      }
      pause(random.nextLong(0, 2_000));
      return new Fault(
          String.format("rank-%04d", random.nextInt(ranks)),
          random.nextInt(3) == 0 ? "STOP" : "KILL");
    };
  }

  static void awaitProgress(Path run) throws IOException {
    long before = newest(run);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (newest(run) == before
        && !Files.exists(run.resolve("summary.json"))
        && System.nanoTime() < until) {
      pause(20);
    }
  }

  /** Trains with that number of faults. */
  Outcome train(int faults, Plan plan) throws IOException, InterruptedException {
    List<Injection> injections = new ArrayList<>();
    return train(
        injections,
        (launcher, run) -> {
          for (int i = 0; i < faults && launcher.isAlive(); i++) {
            awaitStart(launcher, run, 1);
            inject(launcher, run, plan.next(i, run), injections);
          }
        });
  }

  /** What is done to a job while it runs. */
  @FunctionalInterface
  interface Disturbance {
    void disturb(Process launcher, Path run) throws IOException, InterruptedException;
  }

  /** Trains while it is disturbed. */
  Outcome train(Disturbance disturbance) throws IOException, InterruptedException {
    return train(List.of(), disturbance);
  }

  private Outcome train(List<Injection> injections, Disturbance disturbance)
      throws IOException, InterruptedException {
    Path run = folder.resolve("run-" + ranks + "-" + ++runs);
    Path output = folder.resolve(run.getFileName() + ".txt");
    Process launcher =
        new ProcessBuilder(command(run))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      disturbance.disturb(launcher, run);
      if (!launcher.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The job hangs:\n" + Files.readString(output));
      }
    } finally {
      launcher.descendants().forEach(ProcessHandle::destroyForcibly);
      launcher.destroyForcibly();
    }
    return new Outcome(launcher.exitValue(), hash(run), injections, Files.readString(output));
  }

  private List<String> command(Path run) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.counterpoint.runner.cli.Main",
        "train",
        folder.resolve("chaos.yaml").toString(),
        "--set",
        "strategy.workers=" + ranks,
        "--output",
        run.toString());
  }

  private void inject(Process launcher, Path run, Fault fault, List<Injection> injections)
      throws IOException, InterruptedException {
    int start = started(run, String.format("rank-%04d", ranks - 1)).start();
    Started target = started(run, fault.target());
    if (!launcher.isAlive() || !ProcessHandle.of(target.process()).isPresent()) {
      return; // The job has ended before.
    }
    long step = newest(run);
    long begin = System.nanoTime();
    new ProcessBuilder("kill", "-" + fault.signal(), Long.toString(target.process()))
        .start()
        .waitFor();
    awaitStart(launcher, run, start + 1);
    if (launcher.isAlive()) {
      double seconds = (System.nanoTime() - begin) * 1e-9;
      injections.add(new Injection(fault.signal(), target.name(), seconds, step));
    }
  }

  /** Waits until all processes of a start exist, or the launcher has ended. */
  private void awaitStart(Process launcher, Path run, int start)
      throws IOException, InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    String last = String.format("rank-%04d", ranks - 1);
    while (launcher.isAlive() && started(run, last).start() < start) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("Start " + start + " is missing.");
      }
      pause(20);
    }
  }

  private static Started started(Path run, String name) throws IOException {
    Path log = run.resolve("logs").resolve(name + ".log");
    Started last = new Started(name, 0, -1);
    if (Files.exists(log)) {
      for (String line : Files.readAllLines(log)) {
        Matcher header = HEADER.matcher(line);
        if (header.matches()) {
          last =
              new Started(
                  header.group(1),
                  Integer.parseInt(header.group(2)),
                  Long.parseLong(header.group(3)));
        }
      }
    }
    return last;
  }

  static long newest(Path run) throws IOException {
    if (!Files.isDirectory(run.resolve("checkpoints"))) {
      return -1;
    }
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("step-\\d+"))
          .mapToLong(name -> Long.parseLong(name.substring("step-".length())))
          .max()
          .orElse(-1);
    }
  }

  private static String hash(Path run) throws IOException {
    Path summary = run.resolve("summary.json");
    return Files.exists(summary)
        ? new JsonMapper().readTree(summary.toFile()).path("modelHash").asText()
        : "";
  }

  static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Injects many random faults: {@code ChaosRun FOLDER RANKS FAULTS SEED}. Ends with 1 if a job
   * hangs, or its model differs from that of an undisturbed job.
   */
  public static void main(String[] arguments) throws Exception {
    int ranks = Integer.parseInt(arguments[1]);
    int faults = Integer.parseInt(arguments[2]);
    SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[3]));
    ChaosRun chaos = new ChaosRun(Files.createDirectories(Path.of(arguments[0])), ranks);
    String whole = chaos.train(0, chaos.randomFaults(random)).modelHash();
    List<Injection> injections = new ArrayList<>();
    boolean passed = !whole.isEmpty();
    while (injections.size() < faults) {
      Outcome outcome =
          chaos.train(Math.min(5, faults - injections.size()), chaos.randomFaults(random));
      boolean same = outcome.code() == 0 && outcome.modelHash().equals(whole);
      passed &= same;
      injections.addAll(outcome.injections());
      outcome.injections().forEach(injection -> System.out.println(ranks + " ranks: " + injection));
      System.out.println(
          ranks
              + " ranks: exit code "
              + outcome.code()
              + (same ? ", same model as undisturbed" : ", DIFFERENT MODEL\n" + outcome.output()));
    }
    double longest = injections.stream().mapToDouble(Injection::seconds).max().orElse(0);
    passed &= longest <= DEADLINE + 5;
    System.out.printf(
        "%d ranks: %d injections; longest restart %.1f s (deadline %d s): %s%n",
        ranks, injections.size(), longest, DEADLINE, passed ? "passed" : "FAILED");
    System.exit(passed ? 0 : 1);
  }

  /** Waits after each step. */
  public record Slow() implements CallbackConfig {
    @Override
    public Callback build(CallbackContext context) {
      return new Callback() {
        @Override
        public void onStep(StepReport report) {
          pause(40);
        }
      };
    }
  }
}
