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
 * Trains a small distributed run by its launcher, as a user would, while its processes are killed
 * and stopped, each by its number.
 */
final class Storm {
  static final int DEADLINE = 20; // seconds
  private static final long PATIENCE_SECONDS = 120;
  private static final Pattern HEADER =
      Pattern.compile("--- (rank \\d+|the tracker), start (\\d+), process (\\d+)");
  private static final String RUN_FILE =
      """
      name: storm
      device: cpu
      model: {type: transformer, width: 16, layers: 1, heads: 2, maxLength: 16}
      data: {type: text-classification, train: {path: texts.tsv}}
      training: {epochs: 2, batchSize: 8}
      checkpoint: {everySteps: 5}
      strategy: {type: distributed, workers: 2, maxRestarts: 50, deadlineSeconds: %d}
      callbacks: [{type: "dev.counterpoint.runner.launch.Storm$Slow"}]
      """;

  private final Path folder;
  private final int world;
  private int runs;

  /** What a process of the job did last. */
  record Started(String name, int start, long process) {}

  /**
   * What one stroke came to.
   *
   * @param seconds until all processes were started again
   * @param step of the newest checkpoint when it fell; -1 where there was none
   */
  record Stroke(String signal, String victim, double seconds, long step) {}

  /** A run directory and what is killed in it. */
  record Outcome(int code, String modelHash, List<Stroke> strokes, String output) {}

  Storm(Path folder, int world) throws IOException {
    this.folder = folder;
    this.world = world;
    String rows =
        IntStream.range(0, 400)
            .mapToObj(i -> "a film of " + i + " hours\t" + (i % 3 == 0 ? "good" : "bad"))
            .collect(Collectors.joining("\n"));
    Files.writeString(folder.resolve("texts.tsv"), "text\tlabel\n" + rows + "\n");
    Files.writeString(folder.resolve("storm.yaml"), RUN_FILE.formatted(DEADLINE));
  }

  /** When, whom and with what. */
  @FunctionalInterface
  interface Plan {
    Blow next(int number, Path run) throws IOException;
  }

  /**
   * One stroke to come.
   *
   * @param victim as its log is named; {@code tracker} or {@code rank-0001}
   * @param signal {@code KILL} or {@code STOP}
   */
  record Blow(String victim, String signal) {}

  /**
   * Blows on anybody at random moments: two of three after a new checkpoint, others at any time.
   */
  Plan anybody(SplittableRandom random) {
    return (number, run) -> {
      if (random.nextInt(3) > 0) {
        awaitProgress(run);
      }
      pause(random.nextLong(0, 2_000));
      int victim = random.nextInt(world + 1);
      return new Blow(
          victim == world ? "tracker" : String.format("rank-%04d", victim),
          random.nextInt(3) == 0 ? "STOP" : "KILL");
    };
  }

  static void awaitProgress(Path run) throws IOException {
    long before = newest(run);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (newest(run) == before
        && !Files.exists(run.resolve("summary.json"))
        && System.nanoTime() < until) {
      pause(20);
    }
  }

  /** Trains to the end, with so many blows. */
  Outcome train(int blows, Plan plan) throws IOException, InterruptedException {
    Path run = folder.resolve("run-" + world + "-" + ++runs);
    Path said = folder.resolve(run.getFileName() + ".txt");
    Process launcher =
        new ProcessBuilder(command(run))
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    List<Stroke> strokes = new ArrayList<>();
    try {
      for (int i = 0; i < blows && launcher.isAlive(); i++) {
        awaitStart(launcher, run, 1);
        Blow blow = plan.next(i, run);
        strike(launcher, run, blow, strokes);
      }
      if (!launcher.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("It hangs:\n" + Files.readString(said));
      }
    } finally {
      launcher.descendants().forEach(ProcessHandle::destroyForcibly);
      launcher.destroyForcibly();
    }
    return new Outcome(launcher.exitValue(), hash(run), strokes, Files.readString(said));
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
        folder.resolve("storm.yaml").toString(),
        "--set",
        "strategy.workers=" + world,
        "--output",
        run.toString());
  }

  private void strike(Process launcher, Path run, Blow blow, List<Stroke> strokes)
      throws IOException, InterruptedException {
    int start = started(run, String.format("rank-%04d", world - 1)).start();
    Started victim = started(run, blow.victim());
    if (!launcher.isAlive() || !ProcessHandle.of(victim.process()).isPresent()) {
      return; // The job was done before.
    }
    long step = newest(run);
    long begin = System.nanoTime();
    new ProcessBuilder("kill", "-" + blow.signal(), Long.toString(victim.process()))
        .start()
        .waitFor();
    awaitStart(launcher, run, start + 1);
    if (launcher.isAlive()) {
      double seconds = (System.nanoTime() - begin) * 1e-9;
      strokes.add(new Stroke(blow.signal(), victim.name(), seconds, step));
    }
  }

  /** Until all processes of a start are there, or the launcher has ended. */
  private void awaitStart(Process launcher, Path run, int start)
      throws IOException, InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    String last = String.format("rank-%04d", world - 1);
    while (launcher.isAlive() && started(run, last).start() < start) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("Start " + start + " does not come.");
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
   * Many random strokes: {@code Storm FOLDER WORLD STROKES SEED}. Ends with 1 where a job does not
   * come to the result of one that nobody disturbs, or hangs.
   */
  public static void main(String[] arguments) throws Exception {
    int world = Integer.parseInt(arguments[1]);
    int wanted = Integer.parseInt(arguments[2]);
    SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[3]));
    Storm storm = new Storm(Files.createDirectories(Path.of(arguments[0])), world);
    String whole = storm.train(0, storm.anybody(random)).modelHash();
    List<Stroke> strokes = new ArrayList<>();
    boolean right = !whole.isEmpty();
    while (strokes.size() < wanted) {
      Outcome outcome = storm.train(Math.min(5, wanted - strokes.size()), storm.anybody(random));
      boolean same = outcome.code() == 0 && outcome.modelHash().equals(whole);
      right &= same;
      strokes.addAll(outcome.strokes());
      outcome.strokes().forEach(stroke -> System.out.println("world " + world + ": " + stroke));
      System.out.println(
          "world "
              + world
              + ": exit code "
              + outcome.code()
              + (same ? ", the undisturbed model" : ", ANOTHER MODEL\n" + outcome.output()));
    }
    double longest = strokes.stream().mapToDouble(Stroke::seconds).max().orElse(0);
    right &= longest <= DEADLINE + 5;
    System.out.printf(
        "world %d: %d strokes; the longest until all were started again: %.1f s (deadline %d s): %s%n",
        world, strokes.size(), longest, DEADLINE, right ? "right" : "WRONG");
    System.exit(right ? 0 : 1);
  }

  /** Takes its time after each step. */
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
