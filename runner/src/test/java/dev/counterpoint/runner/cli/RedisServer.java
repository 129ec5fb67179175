package dev.counterpoint.runner.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Redis server on the loopback interface, in a folder of its own. */
final class RedisServer implements TestServer {
  private final Path folder = Files.createTempDirectory("counterpoint-redis");
  private final int port;
  private Process process;

  RedisServer() throws IOException, InterruptedException {
    Path program = folder.resolve("redis-server");
    try (InputStream binary =
        getClass().getResourceAsStream("/redis-server-6.2.6-v5-linux-amd64")) {
      Files.copy(binary, program);
    }
    program.toFile().setExecutable(true);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    process = start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
    awaitStart();
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            List.of(
                folder.resolve("redis-server").toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString(),
                "--requirepass",
                PostgresServer.PASSWORD,
                "--appendonly",
                "yes"))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new IOException(Files.readString(folder.resolve("log")), e);
        }
        Thread.sleep(50);
      }
    }
  }

  @Override
  public void signal(String signal) throws IOException, InterruptedException {
    TestServer.signal(process.pid(), signal);
  }

  @Override
  public void stop() throws IOException, InterruptedException {
    signal("TERM");
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  @Override
  public void restart() throws IOException {
    process = start();
  }

  @Override
  public String storeFile() {
    return "{type: redis, url: 'redis://127.0.0.1:%d', timeoutMillis: 1000, password: '${file:secret}'}"
        .formatted(port);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    stop();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
