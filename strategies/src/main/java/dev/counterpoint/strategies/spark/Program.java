package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.LaunchException;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/**
 * The program on an executor, and how its JVMs are started.
 *
 * @param home the folder with {@code counterpoint.jar} and {@code lib/}; null if the jars are sent
 *     with the job
 * @param jars the names of the jars that are sent, in the order of the class path
 * @param flags more JVM flags of the ranks, separated by spaces
 */
public record Program(@Nullable String home, List<String> jars, String flags)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String JAR = "counterpoint.jar";
  private static final String LIBRARIES = "lib";
  private static final String MAIN = "dev.counterpoint.runner.cli.Main";
  private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use\\w*GC\\b");
  private static final int HEAPS = 50; // percent of a machine's memory

  public Program {
    jars = new ArrayList<>(jars);
  }

  /** The jars are sent with the job, unless the executors have the program already. */
  public static Program of(JavaSparkContext context) {
    SparkConf conf = context.getConf();
    String home = conf.get("spark.counterpoint.home", "");
    if (!home.isEmpty()) {
      return new Program(home, List.of(), flags(conf));
    }
    Path own = ownHome();
    if (context.isLocal()) {
      return new Program(own.toString(), List.of(), flags(conf));
    }
    List<Path> jars = jarsIn(own);
    jars.forEach(jar -> context.addFile(jar.toUri().toString()));
    List<String> names = jars.stream().map(jar -> jar.getFileName().toString()).toList();
    return new Program(null, names, flags(conf));
  }

  /** JVM flags of the ranks: the user's setting, else the driver's environment. */
  private static String flags(SparkConf conf) {
    String ofDriver = System.getenv().getOrDefault("COUNTERPOINT_JAVA_OPTS", "");
    return conf.get("spark.counterpoint.javaOptions", ofDriver);
  }

  /**
   * The jar with this class, {@code lib/strategies-VERSION.jar}.
   *
   * @throws LaunchException if the class was not loaded from a jar
   */
  static Path ownJar() {
    try {
      Path own = Path.of(Program.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (own.getFileName().toString().endsWith(".jar")) {
        return own.toAbsolutePath();
      }
      throw LaunchException.invalid(
          "On Spark the program must run from its jar, but " + own + " is a folder of classes.");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folder of the program: it contains {@code lib/} with this class. */
  static Path ownHome() {
    return ownJar().resolveSibling("..").normalize();
  }

  /**
   * The jars in a folder, libraries first.
   *
   * @throws LaunchException if the folder does not contain the program
   */
  static List<Path> jarsIn(Path home) {
    Path jar = home.resolve(JAR);
    Path libraries = home.resolve(LIBRARIES);
    if (!Files.isRegularFile(jar) || !Files.isDirectory(libraries)) {
      throw LaunchException.invalid(
          home + " does not contain the program: it must have " + JAR + " and lib/.");
    }
    try (Stream<Path> files = Files.list(libraries)) {
      List<Path> jars =
          new ArrayList<>(files.filter(file -> file.toString().endsWith(".jar")).sorted().toList());
      jars.add(jar);
      return jars;
    } catch (IOException e) {
      throw LaunchException.invalid(libraries + " cannot be read: " + e.getMessage());
    }
  }

  /**
   * The beginning of a command that runs the program in a separate JVM.
   *
   * @param jvmFlags of the JVM
   */
  static List<String> command(List<Path> jars, List<String> jvmFlags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.add("-cp");
    command.add(jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    command.add(MAIN);
    return command;
  }

  /**
   * Runs a command that checks its arguments and writes the plan of a job into a folder.
   *
   * @throws LaunchException if it fails; the user has seen the reason
   */
  public static void plan(List<String> arguments, Path folder)
      throws IOException, InterruptedException {
    List<String> command = command(jarsIn(ownHome()), defaults("", System.getenv()));
    command.addAll(arguments);
    command.addAll(List.of("--plan", folder.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove(ParentWatchdog.VARIABLE);
    int code = builder.start().waitFor();
    if (code != 0) {
      throw new LaunchException(code, null);
    }
  }

  /**
   * The jars on this executor.
   *
   * @throws LaunchException if {@link #home} does not contain the program
   */
  List<Path> jarsHere() {
    if (home != null) {
      return jarsIn(Path.of(home));
    }
    return jars.stream().map(SparkFiles::get).map(jar -> Path.of(jar).toAbsolutePath()).toList();
  }

  /**
   * A process of the program in the folder of a task.
   *
   * @param localTasks the number of tasks on this machine, which share its memory
   * @param threads of libtorch
   */
  public ProcessBuilder process(
      TaskFolder folder, int localTasks, int threads, List<String> arguments) throws IOException {
    List<String> flags = new ArrayList<>(jvmFlags(localTasks));
    flags.add("-Djava.io.tmpdir=" + folder.folder("tmp"));
    List<String> command = command(jarsHere(), flags);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.path().toFile());
    Map<String, String> environment = builder.environment();
    environment.put("LC_ALL", "C.UTF-8"); // The encoding of file names and output.
    engine(threads).forEach(environment::putIfAbsent);
    return builder;
  }

  /** Variables that libtorch and the C library read, as the launcher sets them. */
  private static Map<String, String> engine(int threads) {
    return Map.of(
        "OMP_NUM_THREADS",
        Integer.toString(threads),
        "GOMP_SPINCOUNT",
        "100000",
        "GLIBC_TUNABLES",
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0"
            + ":glibc.malloc.trim_threshold=1099511627776:glibc.malloc.arena_max=1"
            + ":glibc.malloc.mxfast=0:glibc.malloc.tcache_count=1",
        "THP_MEM_ALLOC_ENABLE",
        "1");
  }

  /**
   * JVM flags of a rank: all heaps of a machine together are half of its memory.
   *
   * @param localRanks ranks on the machine
   */
  private List<String> jvmFlags(int localRanks) {
    Stream<String> heap = Stream.of("-XX:MaxRAMPercentage=" + Math.max(1, HEAPS / localRanks));
    Stream<String> given = Stream.of(flags.split(" ")).filter(flag -> !flag.isEmpty());
    return Stream.of(heap, defaults(flags, System.getenv()).stream(), given)
        .flatMap(all -> all)
        .toList();
  }

  /**
   * The default flags of a JVM. Two collectors are an error, so none is set if the user's flags or
   * the environment select one.
   */
  static List<String> defaults(String flags, Map<String, String> environment) {
    boolean selected =
        Stream.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
            .map(name -> environment.getOrDefault(name, ""))
            .anyMatch(COLLECTOR.asPredicate());
    return selected || COLLECTOR.matcher(flags).find()
        ? List.of("-XX:-UsePerfData")
        : List.of("-XX:-UsePerfData", "-XX:+UseSerialGC");
  }
}
