package dev.counterpoint.runner.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** A PostgreSQL server on the loopback interface, in a folder of its own. */
final class PostgresServer implements TestServer {
  static final String USER = "reader";
  static final String PASSWORD = "c0rrect h0rse";
  private static final String NOBODY = "65534";

  private final Path folder;
  private final int port;
  private final String url;
  private Process process;

  PostgresServer() throws IOException, InterruptedException, SQLException {
    // Another user than root must be able to reach it.
    folder = Files.createTempDirectory(Path.of("/tmp"), "counterpoint-postgres");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    unpack();
    Files.writeString(folder.resolve("password"), PASSWORD);
    Files.createDirectory(folder.resolve("data"));
    giveAway();
    String data = folder.resolve("data").toString();
    Process init =
        start(
            "initdb",
            List.of(
                "-D", data, "-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "-N"),
            "--pwfile=" + folder.resolve("password"));
    if (init.waitFor() != 0) {
      throw new IOException(Files.readString(folder.resolve("log")));
    }
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    process = start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
    awaitStart();
  }

  private Process start() throws IOException {
    return start(
        "postgres",
        List.of(
            "-D",
            folder.resolve("data").toString(),
            "-h",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-F"),
        "--unix_socket_directories=");
  }

  @Override
  public void signal(String signal) throws IOException, InterruptedException {
    for (ProcessHandle each :
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList()) {
      TestServer.signal(each.pid(), signal);
    }
  }

  @Override
  public void stop() throws IOException, InterruptedException {
    TestServer.signal(process.pid(), "INT");
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
    return "{type: postgresql, url: '%s', timeoutMillis: 1000, properties: {user: %s, password: '${file:secret}'}}"
        .formatted(url, USER);
  }

  private void unpack() throws IOException {
    try (InputStream archive = getClass().getResourceAsStream("/postgres-linux-x86_64.txz");
        TarArchiveInputStream tar =
            new TarArchiveInputStream(new XZCompressorInputStream(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = folder.resolve(entry.getName()).normalize();
        Files.createDirectories(entry.isDirectory() ? file : file.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (!entry.isDirectory()) {
          Files.copy(tar, file);
          boolean isProgram = file.startsWith(folder.resolve("bin"));
          Files.setPosixFilePermissions(
              file, PosixFilePermissions.fromString(isProgram ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
    }
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  /** The binaries refuse to run as root. */
  private void giveAway() throws IOException {
    if (isRoot()) {
      UserPrincipal nobody =
          folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY);
      for (String name : List.of("", "password", "data")) {
        Files.setOwner(folder.resolve(name), nobody);
      }
    }
  }

  private Process start(String program, List<String> arguments, String last) throws IOException {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(
          List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
    }
    command.add(folder.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    command.add(last);
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  void awaitStart() throws IOException, InterruptedException, SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        execute("SELECT 1");
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new IOException(Files.readString(folder.resolve("log")), e);
        }
        Thread.sleep(100);
      }
    }
  }

  String url() {
    return url;
  }

  void execute(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, USER, PASSWORD);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
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
