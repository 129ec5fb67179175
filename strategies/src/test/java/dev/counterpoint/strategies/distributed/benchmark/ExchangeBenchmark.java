package dev.counterpoint.strategies.distributed.benchmark;

import dev.counterpoint.strategies.distributed.Membership;
import dev.counterpoint.strategies.distributed.RingCollective;
import dev.counterpoint.strategies.distributed.RingListener;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times the sum of some bytes over ranks on this machine, in buckets of 1 MB (or {@code
 * -Dbucket=BYTES}), and with a Python that has torch the same by gloo ({@code
 * torch.distributed.all_reduce}, as DistributedDataParallel calls it, in its buckets of 25 MB), in
 * turns. {@code -Dother=SCRIPT} adds the ranks of another program, such as an older version: it is
 * started with rank, world size and a free port, reads lines {@code BYTES REPEATS}, and prints
 * milliseconds.
 *
 * <pre>java -cp ... ExchangeBenchmark PYTHON|- WORLD TURNS BYTES...</pre>
 */
final class ExchangeBenchmark {
  private static final int BUCKET = Integer.getInteger("bucket", 1 << 20);
  private static final int GLOO_BUCKET = 25 << 20;
  private static final String GLOO =
      """
      import sys, time, torch, torch.distributed as d
      rank, worldSize, port = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
      torch.set_num_threads(1)
      d.init_process_group('gloo', init_method='tcp://127.0.0.1:' + port, rank=rank, world_size=worldSize)
      for line in sys.stdin:
          size, n = map(int, line.split())
          parts = [torch.zeros(min(%d, size - i) // 4) for i in range(0, size, %d)]
          d.barrier()
          begin = time.perf_counter()
          for _ in range(n):
              for work in [d.all_reduce(part, async_op=True) for part in parts]:
                  work.wait()
          print((time.perf_counter() - begin) / n * 1e3, flush=True)
      """
          .formatted(GLOO_BUCKET, GLOO_BUCKET);

  private ExchangeBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments[0].equals("rank")) {
      attend(arguments);
      return;
    }
    int worldSize = Integer.parseInt(arguments[1]);
    int turns = Integer.parseInt(arguments[2]);
    List<Contender> contenders = new ArrayList<>();
    try {
      contenders.add(ring(worldSize));
      String other = System.getProperty("other", "");
      if (!other.isEmpty()) {
        contenders.add(script("other", worldSize, other));
      }
      if (!arguments[0].equals("-")) {
        Path script = Files.writeString(Files.createTempFile("gloo", ".py"), GLOO);
        contenders.add(script("gloo", worldSize, arguments[0], script.toString()));
      }
      for (String size : Arrays.asList(arguments).subList(3, arguments.length)) {
        measure(contenders, Integer.parseInt(size), turns);
      }
    } finally {
      contenders.forEach(Contender::end);
    }
  }

  private static void measure(List<Contender> contenders, int bytes, int turns) throws IOException {
    int repeats = Math.max(1, Math.min(50, 32_000_000 / Math.max(bytes, 1)));
    double[][] times = new double[contenders.size()][turns];
    for (Contender contender : contenders) { // The JVM compiles during the first 100 calls or so.
      contender.ask(bytes, Math.max(repeats, 100));
      contender.answer();
    }
    for (int turn = 0; turn < turns; turn++) {
      for (int i = 0; i < times.length; i++) {
        contenders.get(i).ask(bytes, repeats);
        times[i][turn] = contenders.get(i).answer();
      }
    }
    StringBuilder line = new StringBuilder(String.format("%,d bytes:", bytes));
    for (int i = 0; i < times.length; i++) {
      line.append(
          String.format(Locale.ROOT, " %s %.3f ms", contenders.get(i).name(), median(times[i])));
    }
    for (int i = 1; i < times.length; i++) {
      double[] others = times[i];
      double[] ratios = new double[turns];
      Arrays.setAll(ratios, turn -> times[0][turn] / others[turn]);
      line.append(
          String.format(
              Locale.ROOT, ", ratio to %s %.3f", contenders.get(i).name(), median(ratios)));
    }
    System.out.println(line);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static Contender ring(int worldSize) throws IOException {
    List<Process> processes = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      processes.add(
          start(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Dbucket=" + BUCKET,
              "-cp",
              System.getProperty("java.class.path"),
              ExchangeBenchmark.class.getName(),
              "rank",
              Integer.toString(rank),
              Integer.toString(worldSize)));
    }
    List<String> addresses = new ArrayList<>();
    for (Process process : processes) {
      addresses.add(Contender.readLine(process));
    }
    for (int rank = 0; rank < worldSize; rank++) {
      new PrintWriter(processes.get(rank).getOutputStream(), true, StandardCharsets.UTF_8)
          .println(addresses.get((rank + 1) % worldSize));
    }
    return new Contender("ring", processes);
  }

  private static Contender script(String name, int worldSize, String... command)
      throws IOException {
    int port;
    try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
      port = free.getLocalPort();
    }
    List<Process> processes = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      List<String> all = new ArrayList<>(List.of(command));
      all.addAll(List.of("" + rank, "" + worldSize, "" + port));
      processes.add(start(all.toArray(String[]::new)));
    }
    return new Contender(name, processes);
  }

  private static Process start(String... command) throws IOException {
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private record Contender(String name, List<Process> processes) {
    void ask(int bytes, int repeats) {
      for (Process process : processes) {
        PrintWriter out = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        out.println(bytes + " " + repeats);
      }
    }

    /** Milliseconds of the slowest rank. */
    double answer() throws IOException {
      double slowest = 0;
      for (Process process : processes) {
        slowest = Math.max(slowest, Double.parseDouble(readLine(process)));
      }
      return slowest;
    }

    private static String readLine(Process process) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = process.getInputStream().read();
          c != '\n';
          c = process.getInputStream().read()) {
        if (c < 0) {
          throw new IOException("a rank has ended");
        }
        line.append((char) c);
      }
      return line.toString();
    }

    void end() {
      processes.forEach(Process::destroy);
    }
  }

  private static void attend(String[] arguments) throws IOException {
    Membership membership =
        new Membership(
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            "benchmark",
            Secret.of("benchmark"),
            Duration.ofSeconds(60));
    RingListener listener = RingListener.open(BindAddress.of(Map.of(), "127.0.0.1"), membership);
    System.out.println(listener.address());
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Address next = Address.parse("the next rank", asked.readLine());
    try (RingCollective ring = RingCollective.join(membership, listener, next)) {
      for (String line = asked.readLine(); line != null; line = asked.readLine()) {
        String[] words = line.split(" ");
        int bytes = Integer.parseInt(words[0]);
        int repeats = Integer.parseInt(words[1]);
        List<ByteBuffer> buckets = buckets(bytes);
        ring.barrier();
        long begin = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          ring.allReduce(buckets);
        }
        System.out.println((System.nanoTime() - begin) * 1e-6 / repeats);
      }
    }
  }

  private static List<ByteBuffer> buckets(int bytes) {
    ByteBuffer all = ByteBuffer.allocateDirect(bytes);
    List<ByteBuffer> buckets = new ArrayList<>();
    for (int from = 0; from < bytes; from += BUCKET) {
      int length = Math.min(BUCKET, bytes - from);
      buckets.add(all.slice(from, length).order(ByteOrder.nativeOrder()));
    }
    return buckets;
  }
}
