package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A trace of system calls shows no attempt to connect to another machine. */
final class NoNetworkTest {
  private static final Path STRACE = Path.of("/usr/bin/strace");

  @TempDir private static Path folder;

  /** A program that uses the library. */
  static final class Program extends BaseModel {
    private final Linear head = new Linear(2, 2);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }

    public static void main(String[] arguments) throws Exception {
      try (Program model = new Program()) {
        new Trainer(model, TrainingConfig.defaults())
            .train(ArrayDataset.ofClasses(new float[8][2], new long[8]));
        Thread.sleep(2000); // DJL connects in another thread.
      }
    }
  }

  /** Runs the commands of its first argument, one a line. */
  static final class Commands {
    public static void main(String[] arguments) {
      for (String line : arguments[0].split("\n", -1)) {
        Terminal terminal = new Terminal();
        if (terminal.run(line.split(" ", -1)) != ExitCode.SUCCESS) {
          throw new AssertionError(line + "\n" + terminal.err());
        }
      }
    }
  }

  /** Serves a model, which {@code serve} does until a signal arrives. */
  static final class Serving {
    public static void main(String[] arguments) throws IOException {
      PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      HttpSettings settings = HttpSettings.of("127.0.0.1", 0, 0);
      try (LoadedModels models = new LoadedModels();
          HttpServer server = HttpServer.start(models, settings, meters)) {
        models.add("small", Pipeline.open(Path.of(arguments[0])));
        new ProductionModelService(models).predict(PredictionRequest.ofTexts("small", "good"));
      }
    }
  }

  @BeforeAll
  static void copyRuns() throws IOException {
    EarlierFormatTest.copyTo(folder);
  }

  @Test
  void theServerConnectsToNothing() throws Exception {
    String model = folder.resolve("finished").toString();
    assertThat(connections(Serving.class.getName(), List.of(model), Map.of())).isEmpty();
  }

  /** At least one line for each command; @ stands before a file of the fixtures, or a new one. */
  private static final List<String> COMMANDS =
      List.of(
          "train @finished.yaml --output @run --set training.epochs=1",
          "train @interrupted",
          "train @finished.yaml --output @ranks --set training.epochs=1"
              + " --set strategy.type=distributed --set strategy.workers=2 --set threads=1",
          "tune @finished.yaml --batch-size",
          "profile @finished.yaml --steps 1 --output @profile",
          "evaluate @run",
          "predict @run --text good",
          "generate @generation --prompt anna --max-tokens 2",
          "tokenize @run good",
          "merge @adapter --output @merged",
          "registry add @run --name small --registry @registry",
          "registry verify --registry @registry",
          "features load @events.csv --view small --entity id --time-column at --store @features",
          "features get 1 --view small --store @features",
          "replay @finished/capsules/step-00000125",
          "reproduce @run",
          "check history @run",
          "check ledger @run --record @train.tsv:2",
          "check equivalence @finished.yaml",
          "check resume @finished.yaml --kills 1 --set training.epochs=1",
          "bench --sizes=small --precisions=float32 --contenders=bare --steps=1",
          "experiments",
          "new @moe --eject loss",
          "plan @finished.yaml --no-timing",
          "runs @",
          "compare @run @finished",
          "explain @run",
          "warm-up @warm",
          "doctor");

  @Test
  void commandsConnectToNothing() throws Exception {
    Files.writeString(folder.resolve("events.csv"), "id,at,size\n1,2026-01-01,2.5\n");
    String lines =
        String.join("\n", COMMANDS).replaceAll("@", Matcher.quoteReplacement(folder + "/"));

    assertThat(connections(Commands.class.getName(), List.of(lines), Map.of())).isEmpty();
  }

  @Test
  void everyCommandIsTraced() {
    CommandLine all = Terminal.commandLine();
    Stream<String> checks = all.getSubcommands().get("check").getSubcommands().keySet().stream();
    Stream<String> commands =
        all.getSubcommands().keySet().stream()
            .filter(command -> !Set.of("check", "serve").contains(command));

    assertThat(Stream.concat(commands, checks.map(check -> "check " + check)))
        .allMatch(command -> COMMANDS.stream().anyMatch(line -> (line + " ").startsWith(command)));
  }

  @Test
  void programWithTheLibraryConnectsToNothing() throws Exception {
    assertThat(connections(Program.class.getName(), List.of(), Map.of())).isEmpty();
  }

  @Test
  void theUsageReportingOfDjlWouldBeFound() throws Exception {
    assertThat(connections(Program.class.getName(), List.of(), Map.of("OPT_OUT_TRACKING", "false")))
        .isNotEmpty();
  }

  private static List<String> connections(
      String main, List<String> arguments, Map<String, String> more)
      throws IOException, InterruptedException {
    assumeThat(STRACE).as("strace").isExecutable();
    Path trace = Files.createTempFile(folder, "trace", ".txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                STRACE.toString(),
                "-f",
                "--seccomp-bpf", // Other system calls are not stopped.
                "-qq",
                "-e",
                "trace=connect,sendto,sendmsg",
                "-o",
                trace.toString()));
    command.addAll(CurrentJvm.command(main, arguments));
    ProcessBuilder builder = CurrentJvm.process(command).redirectErrorStream(true);
    builder.environment().putAll(more);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    assumeThat(output).doesNotContain("ptrace");
    assertThat(code).as(output).isZero();
    return Files.readAllLines(trace).stream()
        .filter(line -> line.contains("AF_INET"))
        .filter(line -> !line.matches(".*(\"127\\.0\\.0\\.1\"|127\\.0\\.0\\.1\"|\"::1\").*"))
        .toList();
  }
}
