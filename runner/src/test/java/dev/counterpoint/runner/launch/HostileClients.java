package dev.counterpoint.runner.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Clients without the secret, at every port on which a job listens. A third of them sends random
 * bytes, a third sends nothing, and a third disconnects at once.
 */
final class HostileClients implements AutoCloseable {
  private static final int CLIENTS = 100; // at each port
  private static final String LISTENING = "0A";

  private final Random random = new Random(17);
  private final List<Socket> sockets = new ArrayList<>();

  /** The addresses, in hexadecimal as in {@code /proc/net/tcp}, by port. */
  private final Map<Integer, String> attacked = new TreeMap<>();

  private int mostThreads;

  /** Attacks new ports until the job ends. */
  void attack(Process launcher) throws InterruptedException {
    while (launcher.isAlive()) {
      List<Long> processes = new ArrayList<>(List.of(launcher.pid()));
      launcher.descendants().map(ProcessHandle::pid).forEach(processes::add);
      for (long process : processes) {
        for (Map.Entry<Integer, String> port : listening(process).entrySet()) {
          if (attacked.putIfAbsent(port.getKey(), port.getValue()) == null) {
            flood(port.getKey());
          }
        }
        mostThreads = Math.max(mostThreads, threads(process));
      }
      Thread.sleep(5);
    }
  }

  private void flood(int port) {
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = new Socket();
      sockets.add(socket);
      try {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
        if (i % 3 == 0) {
          byte[] bytes = new byte[10_000];
          random.nextBytes(bytes);
          socket.getOutputStream().write(bytes);
        } else if (i % 3 == 1) {
          socket.close();
        }
      } catch (IOException e) {
        // The port was closed meanwhile, or the server has closed the connection.
      }
    }
  }

  /** The ports on which a process listens. */
  private static Map<Integer, String> listening(long process) {
    Map<Integer, String> ports = new TreeMap<>();
    Path folder = Path.of("/proc", Long.toString(process));
    try {
      Set<String> inodes = new HashSet<>();
      try (Stream<Path> files = Files.list(folder.resolve("fd"))) {
        for (Path file : files.toList()) {
          if (Files.isSymbolicLink(file)) {
            inodes.add(Files.readSymbolicLink(file).toString());
          }
        }
      }
      for (String table : List.of("net/tcp", "net/tcp6")) {
        for (String line : Files.readAllLines(folder.resolve(table))) {
          String[] words = line.strip().split("\\s+");
          if (words[3].equals(LISTENING) && inodes.contains("socket:[" + words[9] + "]")) {
            String[] address = words[1].split(":");
            ports.put(Integer.parseInt(address[1], 16), address[0]);
          }
        }
      }
    } catch (IOException e) {
      // The process has ended.
    }
    return ports;
  }

  private static int threads(long process) {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(process), "task"))) {
      return (int) threads.count();
    } catch (IOException e) {
      return 0; // The process has ended.
    }
  }

  Map<Integer, String> attacked() {
    return attacked;
  }

  /** The largest number of threads of a process. */
  int mostThreads() {
    return mostThreads;
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
