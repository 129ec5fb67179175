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
import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A trace of system calls shows no attempt to connect to another machine. */
@TestInstance(Lifecycle.PER_CLASS)
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

  @BeforeAll
  void train() {
    assumeThat(STRACE).as("strace").isExecutable();
    assertThat(train("classifier", "sentiment")).isZero();
    assertThat(train("generator", "text-generation")).isZero();
  }

  private int train(String name, String experiment) {
    return new Terminal()
        .run(
            "train",
            experiment,
            "--output",
            folder.resolve(name).toString(),
            "--set",
            "training.maxSteps=2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train sentiment --set training.maxSteps=2 --output @trained",
        "train @classifier --set training.maxSteps=3",
        "evaluate @classifier",
        "predict @classifier --text good",
        "generate @generator --prompt a --max-tokens 2",
        "tokenize @classifier good",
        "check equivalence sentiment",
        "experiments",
        "doctor",
        "--version"
      })
  void commandConnectsToNothing(String command) throws Exception {
    List<String> words = new ArrayList<>();
    for (String word : command.split(" ")) {
      words.add(word.startsWith("@") ? folder.resolve(word.substring(1)).toString() : word);
    }

    assertThat(connections(CurrentJvm.MAIN, words, Map.of())).isEmpty();
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

  private List<String> connections(String main, List<String> arguments, Map<String, String> more)
      throws IOException, InterruptedException {
    Path trace = Files.createTempFile(folder, "trace", ".txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                STRACE.toString(),
                "-f",
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
