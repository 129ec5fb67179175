package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.runner.benchmark.Ratios;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Benchmark of distributed training: ranks with one thread each, against one process with the same
 * number of threads, and against PyTorch's DistributedDataParallel on gloo with the same number of
 * ranks. The model is an encoder of {@code bench} without dropout, with the same batch per step.
 * The contenders run in alternating turns; each process keeps its model and optimizer and is idle
 * while the others run.
 *
 * <pre>java -cp ... dev.counterpoint.runner.bench.RanksBenchmark PYTHON|- SIZE RANKS TURNS</pre>
 */
public final class RanksBenchmark {
  private static final String DDP = "ddp_contender.py";
  private static final int STEPS = 4;
  private static final int WARM_UP = 1;
  private static final int FIRST_STEPS = 8; // not counted: JIT compilation

  private final BenchSize size;
  private final int worldSize;

  private RanksBenchmark(BenchSize size, int worldSize) {
    if (size.dimensions().batch() % worldSize != 0) {
      throw new IllegalArgumentException(
          "A batch of "
              + size.dimensions().batch()
              + " cannot be split equally over "
              + worldSize
              + " ranks.");
    }
    this.size = size;
    this.worldSize = worldSize;
  }

  public static void main(String[] arguments) throws IOException {
    BenchSize size = BenchSize.valueOf(arguments[1].toUpperCase(Locale.ROOT));
    int turns = Integer.parseInt(arguments[3]);
    RanksBenchmark benchmark = new RanksBenchmark(size, Integer.parseInt(arguments[2]));
    List<Team> teams = new ArrayList<>();
    try {
      teams.add(benchmark.ranks());
      teams.add(benchmark.oneProcess());
      if (!arguments[0].equals("-")) {
        teams.add(benchmark.distributedDataParallel(arguments[0]));
      }
      benchmark.print(teams, inTurns(teams, turns));
    } finally {
      teams.forEach(Team::close);
    }
  }

  /** Seconds per step of each team (teams, turns). */
  private static double[][] inTurns(List<Team> teams, int turns) throws IOException {
    for (Team team : teams) {
      team.train(0, FIRST_STEPS);
    }
    double[][] seconds = new double[teams.size()][turns];
    for (int turn = 0; turn < turns; turn++) {
      for (int i = 0; i < seconds.length; i++) {
        seconds[i][turn] = teams.get(i).train(WARM_UP, STEPS);
      }
    }
    return seconds;
  }

  private void print(List<Team> teams, double[][] seconds) {
    String columns = "%-30s %10s %10s %20s %9s%n";
    System.out.printf(
        columns,
        size + ", " + worldSize + " ranks",
        "ms/step",
        "examples/s",
        "speed-up of ranks",
        "at least");
    for (int i = 0; i < seconds.length; i++) {
      double[] ratios = new double[seconds[i].length];
      for (int turn = 0; turn < ratios.length; turn++) {
        ratios[turn] = seconds[0][turn] / seconds[i][turn];
      }
      double median = Ratios.median(seconds[i]);
      System.out.printf(
          columns,
          teams.get(i).name(),
          number("%.1f", 1e3 * median),
          number("%.2f", size.dimensions().batch() / median),
          number("%.3f", 1 / Ratios.median(ratios)),
          number("%.3f", 1 / Ratios.bound(ratios)));
    }
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private Team ranks() throws IOException {
    int port = 20_000 + (int) (ProcessHandle.current().pid() % 10_000); // and the following ones
    List<Process> processes = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      processes.add(
          java(1, Integer.toString(rank), Integer.toString(worldSize), Integer.toString(port)));
    }
    return new Team(worldSize + " ranks with 1 thread", processes);
  }

  private Team oneProcess() throws IOException {
    return new Team(
        "1 process with " + worldSize + " threads", List.of(java(worldSize, "0", "1", "0")));
  }

  /** Starts a training process with the same Java and flags as this one. */
  private Process java(int threads, String... rankArguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(PacedTraining.class.getName(), size.name()));
    command.addAll(Arrays.asList(rankArguments));
    return start(command, threads);
  }

  private static Process start(List<String> command, int threads) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    if (!command.contains("-cp")) {
      // Settings for Counterpoint only.
      builder.environment().keySet().removeAll(List.of("GLIBC_TUNABLES", "THP_MEM_ALLOC_ENABLE"));
    }
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private Team distributedDataParallel(String python) throws IOException {
    Path folder = Files.createTempDirectory("ddp");
    for (String script : List.of(PyTorch.SCRIPT, DDP)) {
      try (InputStream text = PyTorch.class.getResourceAsStream(script)) {
        Files.write(folder.resolve(script), Objects.requireNonNull(text).readAllBytes());
        folder.resolve(script).toFile().deleteOnExit();
      }
    }
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    List<Process> processes = new ArrayList<>();
    List<ObjectNode> settings = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      String script = folder.resolve(DDP).toString();
      processes.add(
          start(
              List.of(
                  python,
                  "-B",
                  script,
                  Integer.toString(rank),
                  Integer.toString(worldSize),
                  Integer.toString(port)),
              1));
      settings.add(settings(rank));
    }
    Team team = new Team("DistributedDataParallel", processes);
    team.request(settings);
    return team;
  }

  private ObjectNode settings(int rank) {
    List<HostBatch> batches =
        IntStream.range(0, RandomExamples.CYCLIC_BATCHES)
            .mapToObj(batch -> shard(batch, rank))
            .toList();
    ObjectNode settings = PyTorch.settings(size, Precision.FLOAT32, 1, batches, null);
    settings.putObject("distributed").put("gradient_as_bucket_view", Boolean.getBoolean("view"));
    return settings;
  }

  private HostBatch shard(int batch, int rank) {
    long examples = size.dimensions().batch() / worldSize;
    long from = (long) batch * size.dimensions().batch() + rank * examples;
    return new RandomExamples(size, 0).collate(LongStream.range(from, from + examples).toArray());
  }
}
