package dev.counterpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A standalone Spark cluster on this machine: a master and two workers of one core each. */
final class SparkCluster implements AutoCloseable {
  private static final int SECONDS = 60; // for the start of a daemon
  private static final Pattern URL = Pattern.compile("Starting Spark master at (spark://\\S+)");

  private final Path folder;
  private final List<Process> daemons = new ArrayList<>();
  private final Set<ProcessHandle> children = ConcurrentHashMap.newKeySet();
  private String url = "";

  private SparkCluster(Path folder) {
    this.folder = folder;
  }

  private void start() throws IOException, InterruptedException {
    Path log = start("master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0");
    url = await(log, URL);
    for (String worker : List.of("worker1", "worker2")) {
      Path work = Files.createDirectories(folder.resolve(worker));
      start(
          worker,
          List.of("--host 127.0.0.1 --webui-port 0 --cores 1 --memory 1g --work-dir".split(" "))
              .toArray(String[]::new),
          work.toString(),
          url);
    }
    for (String worker : List.of("worker1", "worker2")) {
      await(log(worker), Pattern.compile("(Successfully registered with master)"));
    }
  }

  /**
   * Starts a cluster.
   *
   * @param folder for its logs and working files
   */
  static SparkCluster start(Path folder) throws IOException, InterruptedException {
    SparkCluster cluster = new SparkCluster(folder);
    try {
      cluster.start();
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      cluster.close(); // The caller has no cluster to close.
      throw e;
    }
  }

  /** The folder of Spark, for {@code SPARK_HOME}. */
  static Path home() {
    return Path.of(System.getProperty("spark.home"));
  }

  String url() {
    return url;
  }

  /** The environment variables of Spark and of the program. */
  Map<String, String> environment() {
    return Map.of(
        // These processes are short: compiling or verifying them thoroughly takes longer than it
        // saves.
        "JAVA_TOOL_OPTIONS",
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
            + " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
        "SPARK_HOME",
        home().toString(),
        "SPARK_SCALA_VERSION",
        "2.13",
        "SPARK_LOCAL_IP",
        "127.0.0.1",
        "SPARK_LOCAL_DIRS",
        folder.resolve("local").toString(),
        "COUNTERPOINT_CACHE",
        folder.resolve("cache").toString());
  }

  /** The options of a command that runs on this cluster. */
  List<String> options(Map<String, String> settings) {
    List<String> options = new ArrayList<>(List.of("--spark", url));
    options.addAll(List.of("--conf", "spark.executor.memory=512m"));
    options.addAll(List.of("--conf", "spark.ui.enabled=false"));
    settings.forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    return options;
  }

  /** The same, whose executors use the program of this machine, so that no job sends it to them. */
  List<String> options() {
    return options(programOfThisMachine());
  }

  static Map<String, String> programOfThisMachine() {
    return Map.of("spark.counterpoint.home", Training.home().toString());
  }

  private Path log(String name) {
    return folder.resolve(name + ".log");
  }

  private void start(String name, String[] first, String... then) throws IOException {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(then));
    start(name, all.toArray(String[]::new));
  }

  private Path start(String name, String... arguments) throws IOException {
    String type = name.equals("master") ? "master.Master" : "worker.Worker";
    List<String> command = new ArrayList<>(List.of(java(), "-Xmx256m"));
    command.addAll(List.of("-cp", home().resolve("jars") + "/*"));
    command.add("org.apache.spark.deploy." + type);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment());
    daemons.add(builder.redirectOutput(log(name).toFile()).start());
    return log(name);
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private String await(Path log, Pattern pattern) throws IOException, InterruptedException {
    for (int i = 0; i < 10 * SECONDS; i++) {
      Matcher matcher = pattern.matcher(Files.readString(log));
      if (matcher.find()) {
        return matcher.group(1);
      }
      assertThat(daemons).as(Files.readString(log)).allMatch(Process::isAlive);
      Thread.sleep(100);
    }
    throw new AssertionError("not in time: " + pattern + " in " + Files.readString(log));
  }

  /**
   * The executors, which are recorded for {@link #endAllProcesses()} with all other child
   * processes.
   */
  List<ProcessHandle> executors() {
    List<ProcessHandle> all = daemons.stream().flatMap(Process::descendants).toList();
    children.addAll(all);
    Predicate<ProcessHandle> isExecutor =
        it -> it.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend");
    return all.stream().filter(isExecutor).toList();
  }

  /** Closes the cluster and waits until none of its recorded processes is alive. */
  void endAllProcesses() throws InterruptedException {
    close();
    for (int i = 0; i < 100 && children.stream().anyMatch(ProcessHandle::isAlive); i++) {
      Thread.sleep(100);
    }
    assertThat(children).noneMatch(ProcessHandle::isAlive);
  }

  @Override
  public void close() {
    executors();
    daemons.forEach(Process::destroyForcibly);
    for (Process daemon : daemons) {
      daemon.onExit().join();
    }
  }
}
