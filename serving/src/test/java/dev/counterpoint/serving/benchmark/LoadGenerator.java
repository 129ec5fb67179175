package dev.counterpoint.serving.benchmark;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests to a server at random times, a Poisson process, over a fixed number of HTTP/1.1
 * connections, and prints latencies. A latency starts at the time when a request should have been
 * sent, so that waiting for a free connection counts.
 *
 * <pre>
 * LoadGenerator URL TEXTS [rate=R] [seconds=S] [connections=32] [format=object|inference]
 * LoadGenerator URL TEXTS capacity [from=R] [p99=100] [seconds=S] [connections=32]
 * </pre>
 *
 * {@code TEXTS} has a text per line; each request has the next one. Without a rate each connection
 * sends its next request when it has the answer. {@code capacity} finds the largest rate with a
 * 99th percentile of at most {@code p99} milliseconds and no error, above {@code from}, in one of
 * two tries. {@code fastapi_contender.py} in the test resources is a server to compare with.
 */
final class LoadGenerator {
  private static final double MS = 1e6;

  private final URI uri;
  private final List<String> texts;
  private final String format;

  private LoadGenerator(URI uri, List<String> texts, String format) {
    this.uri = uri;
    this.texts = texts;
    this.format = format;
  }

  /**
   * What was measured.
   *
   * @param latencies of the answers with status 200, sorted, in nanoseconds
   */
  private record Result(long[] latencies, int refused, int failed, double seconds) {
    double percentile(double share) {
      return latencies.length == 0
          ? Double.NaN
          : latencies[(int) Math.min(latencies.length - 1, share * latencies.length)] / MS;
    }

    String line(String what) {
      return String.format(
          Locale.ROOT,
          "%s: %.1f/s answered, %d refused, %d failed; ms p50 %.2f p90 %.2f p99 %.2f max %.2f",
          what,
          latencies.length / seconds,
          refused,
          failed,
          percentile(0.5),
          percentile(0.9),
          percentile(0.99),
          percentile(1));
    }
  }

  public static void main(String[] arguments) throws Exception {
    List<String> options = Arrays.asList(arguments).subList(2, arguments.length);
    LoadGenerator generator =
        new LoadGenerator(
            URI.create(arguments[0]),
            Files.readAllLines(Path.of(arguments[1])),
            option(options, "format", "object"));
    int seconds = Integer.parseInt(option(options, "seconds", "10"));
    int connections = Integer.parseInt(option(options, "connections", "32"));
    double rate = Double.parseDouble(option(options, "rate", "0"));
    if (!options.contains("capacity")) {
      System.out.println(generator.run(rate, seconds, connections).line(rate + "/s offered"));
      return;
    }
    double limit = Double.parseDouble(option(options, "p99", "100"));
    double low = Double.parseDouble(option(options, "from", "20"));
    double high = low;
    while (generator.holds(high, seconds, connections, limit)) {
      low = high;
      high *= 1.6;
    }
    while (high / low > 1.04) {
      double middle = Math.sqrt(low * high);
      if (generator.holds(middle, seconds, connections, limit)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    System.out.printf(Locale.ROOT, "capacity %.1f/s%n", low);
  }

  private static String option(List<String> options, String name, String otherwise) {
    return options.stream()
        .filter(it -> it.startsWith(name + "="))
        .map(it -> it.substring(name.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }

  /** Tries a rate twice, because another process may have used the processors. */
  private boolean holds(double rate, int seconds, int connections, double limit) throws Exception {
    return holdsOnce(rate, seconds, connections, limit)
        || holdsOnce(rate, seconds, connections, limit);
  }

  private boolean holdsOnce(double rate, int seconds, int connections, double limit)
      throws Exception {
    Result result = run(rate, seconds, connections);
    System.out.println(result.line(String.format(Locale.ROOT, "%.0f/s offered", rate)));
    return result.refused == 0 && result.failed == 0 && result.percentile(0.99) <= limit;
  }

  private Result run(double rate, int seconds, int connections) throws Exception {
    int count = rate > 0 ? (int) (rate * seconds) : Integer.MAX_VALUE;
    long[] times = new long[rate > 0 ? count : 0]; // when each request should be sent
    Random random = new Random(17);
    double at = 0;
    for (int i = 0; i < times.length; i++) {
      at -= Math.log(1 - random.nextDouble()) / rate * 1e9;
      times[i] = (long) at;
    }
    AtomicInteger next = new AtomicInteger();
    List<Connection> all = new ArrayList<>();
    long start = System.nanoTime() + 50_000_000;
    long end = start + seconds * 1_000_000_000L;
    for (int i = 0; i < connections; i++) {
      Connection connection = new Connection(next, times, start, end);
      connection.setDaemon(true);
      connection.start();
      all.add(connection);
    }
    for (Connection connection : all) {
      connection.join();
    }
    return new Result(
        all.stream()
            .flatMapToLong(it -> it.latencies.stream().mapToLong(Long::longValue))
            .sorted()
            .toArray(),
        all.stream().mapToInt(it -> it.refused).sum(),
        all.stream().mapToInt(it -> it.failed).sum(),
        (System.nanoTime() - start) / 1e9);
  }

  /** A connection that is used for one request after the other. */
  private final class Connection extends Thread {
    private final AtomicInteger next;
    private final long[] times;
    private final long start;
    private final long end;
    private final List<Long> latencies = new ArrayList<>();
    private int refused;
    private int failed;

    Connection(AtomicInteger next, long[] times, long start, long end) {
      this.next = next;
      this.times = times;
      this.start = start;
      this.end = end;
    }

    @Override
    public void run() {
      try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(60_000);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = new BufferedOutputStream(socket.getOutputStream());
        while (true) {
          int index = next.getAndIncrement();
          if (times.length > 0 ? index >= times.length : System.nanoTime() >= end) {
            return;
          }
          long due = times.length > 0 ? start + times[index] : System.nanoTime();
          while (System.nanoTime() < due) {
            LockSupport.parkNanos(due - System.nanoTime());
          }
          out.write(request(texts.get(index % texts.size())));
          out.flush();
          int status = status(in);
          if (status == 200) {
            latencies.add(System.nanoTime() - due);
          } else if (status == 429) {
            refused++;
          } else {
            failed++;
          }
        }
      } catch (IOException e) {
        failed++;
      }
    }

    private byte[] request(String text) {
      String quoted = "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
      String body =
          format.equals("object")
              ? "{\"text\": " + quoted + "}"
              : "{\"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": ["
                  + quoted
                  + "]}]}";
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      byte[] head =
          ("POST %s HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n")
              .formatted(uri.getPath(), uri.getAuthority(), bytes.length)
              .getBytes(StandardCharsets.US_ASCII);
      byte[] all = Arrays.copyOf(head, head.length + bytes.length);
      System.arraycopy(bytes, 0, all, head.length, bytes.length);
      return all;
    }

    private int status(InputStream in) throws IOException {
      int status = Integer.parseInt(line(in).split(" ")[1]);
      int length = 0;
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
        }
      }
      in.skipNBytes(length);
      return status;
    }

    private String line(InputStream in) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new IOException("The server has closed the connection.");
        }
        line.append((char) next);
      }
      return line.toString().strip();
    }
  }
}
