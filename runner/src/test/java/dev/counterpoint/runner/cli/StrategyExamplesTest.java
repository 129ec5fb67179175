package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.strategies.distributed.DistributedTrainingStrategy;
import dev.counterpoint.strategies.distributed.InMemoryRanks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The strategies of docs/examples, each compiled from its file and run from a run file. */
@Timeout(240)
final class StrategyExamplesTest {
  static final Path EXAMPLES = Path.of("..", "docs", "examples");

  /** Seven steps an epoch. */
  private static final String RUN_FILE =
      """
      name: example
      device: cpu
      classpath: [%1$s.java]
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 8, dropout: 0.2}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: train.tsv}}
      training: {epochs: 3, batchSize: 16, schedule: constant}
      checkpoint: {everySteps: 1, keep: 30}
      strategy: {type: %1$s, %2$s}
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(
        folder.resolve("train.tsv"),
        IntStream.range(0, 100)
            .mapToObj(row -> "a word%d\t%s%n".formatted(row % 7, row % 3 == 0 ? "yes" : "no"))
            .collect(Collectors.joining("", "text\tlabel\n", "")));
  }

  @ParameterizedTest
  @CsvSource({
    "GradientNoise, 30",
    "StochasticWeightAveraging, 40",
    "Bfloat16Gradients, 60",
  })
  void anExampleIsOneShortFile(String name, int lines) throws IOException {
    assertThat(Files.readAllLines(EXAMPLES.resolve(name + ".java")))
        .hasSizeLessThanOrEqualTo(lines);
  }

  /** Resumed at a step within an epoch, and in the middle of the averaged epochs. */
  @ParameterizedTest
  @CsvSource({
    "GradientNoise, deviation: 0.1, 4",
    "StochasticWeightAveraging, lastEpochs: 2, 7",
    "StochasticWeightAveraging, lastEpochs: 2, 17",
    "Bfloat16Gradients, workers: 2, 10",
  })
  void aResumedRunHasTheSameResult(String name, String setting, int step) throws IOException {
    Path run = train(name, setting);
    String uninterrupted = hash(run);
    assertThat(uninterrupted).isNotEqualTo(hash(plain()));

    removeCheckpointsAfter(step, run);
    assertThat(terminal.run("train", run.toString())).as(terminal.err()).isZero();

    assertThat(hash(run)).isEqualTo(uninterrupted);
  }

  @Test
  void aRunThatIsExtendedAveragesItsNewLastEpochs() throws IOException {
    Path straight = train("StochasticWeightAveraging", "lastEpochs: 2");
    Path extended = folder.resolve("extended");
    String file = folder.resolve("StochasticWeightAveraging.yaml").toString();
    run("train", file, "--set", "training.epochs=2", "--output", extended.toString());

    run("train", extended.toString(), "--set", "training.epochs=3");

    assertThat(hash(extended)).isEqualTo(hash(straight));
  }

  @Test
  void theResultOfWeightAveragingIsTheMeanOfTheLastEpochs() throws IOException {
    Path run = train("StochasticWeightAveraging", "lastEpochs: 2");
    try (NDManager manager = Torch.newManager(Device.cpu());
        SafetensorsReader result = SafetensorsReader.open(run.resolve("model/model.safetensors"));
        SafetensorsReader second = epoch(run, 14);
        SafetensorsReader third = epoch(run, 21)) {
      for (String name : result.tensors().keySet()) {
        NDArray mean = second.load(name, manager).add(third.load(name, manager)).div(2);

        assertThat(result.load(name, manager).allClose(mean, 1e-6, 1e-7, false)).as(name).isTrue();
      }
    }
  }

  @Test
  void aStrategyThatDoesNotUseItsCollectiveIsRejected() throws IOException {
    Files.writeString(
        folder.resolve("Alone.java"),
        """
        import dev.counterpoint.core.distributed.*;
        import dev.counterpoint.core.training.*;
        import java.util.Optional;

        public record Alone(int workers) implements StrategyConfig {
          @Override
          public Optional<Processes> processes() {
            return Optional.of(Processes.of(workers));
          }

          @Override
          public TrainingStrategy build(Collective collective) {
            return TrainingStrategy.singleProcess();
          }
        }
        """);
    String file = write("Alone", "workers: 2").toString();

    assertThat(terminal.run("train", file, "--output", folder.resolve("alone").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("collective()", "1 of the 2 processes");
  }

  @Test
  void gradientsAsBfloat16AreAboutHalfTheBytes() throws IOException {
    StrategyConfig config = strategy("Bfloat16Gradients", "workers: 2");

    long half = bytesSent(config);
    long whole = bytesSent(DistributedTrainingStrategy.Config.defaults());

    assertThat((double) half / whole).isBetween(0.45, 0.55);
  }

  /** The bytes that rank 0 of two sends in a training, as the ring would. */
  private static long bytesSent(StrategyConfig config) {
    AtomicLong sent = new AtomicLong();
    new InMemoryRanks(2)
        .run(
            ranks -> {
              try (BaseModel model = new Wide();
                  TrainingStrategy strategy =
                      config.build(ranks.rank() == 0 ? new Counting(ranks, sent) : ranks)) {
                return new Trainer(
                        model,
                        strategy,
                        TrainingConfig.defaults().withEpochs(1).withBatchSize(4),
                        RunOptions.ofSeed(1))
                    .train(ArrayDataset.ofClasses(new float[16][64], new long[16]));
              }
            });
    return sent.get();
  }

  /** Counts the bytes of an all-reduce and an all-gather as a ring of two processes sends them. */
  private record Counting(Collective ranks, AtomicLong sent) implements Collective {
    @Override
    public int rank() {
      return ranks.rank();
    }

    @Override
    public int worldSize() {
      return ranks.worldSize();
    }

    @Override
    public void allReduce(ByteBuffer numbers) {
      sent.addAndGet(numbers.remaining()); // half in the reduce-scatter, half in the all-gather
      ranks.allReduce(numbers);
    }

    @Override
    public void broadcast(ByteBuffer bytes) {
      ranks.broadcast(bytes);
    }

    @Override
    public List<byte[]> allGather(byte[] own) {
      sent.addAndGet(own.length);
      return ranks.allGather(own);
    }
  }

  /** 66,000 parameters. */
  private static final class Wide extends BaseModel {
    private final Linear hidden = new Linear(64, 1000);
    private final Linear head = new Linear(1000, 2);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(hidden.forward(batch.features())); // (batch, 2)
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  private static SafetensorsReader epoch(Path run, int step) throws IOException {
    return SafetensorsReader.open(
        run.resolve("checkpoints/step-%08d/model.safetensors".formatted(step)));
  }

  private static void removeCheckpointsAfter(int step, Path run) throws IOException {
    try (Stream<Path> found = Files.walk(run.resolve("checkpoints"))) {
      List<Path> later =
          found
              .filter(
                  path ->
                      Stream.iterate(path, it -> !it.equals(run), Path::getParent)
                          .map(it -> it.getFileName().toString())
                          .anyMatch(
                              it ->
                                  it.startsWith("step-")
                                      && Integer.parseInt(it.substring(5)) > step))
              .sorted((a, b) -> b.compareTo(a))
              .toList();
      for (Path path : later) {
        Files.delete(path);
      }
    }
  }

  private StrategyConfig strategy(String name, String setting) throws IOException {
    Path file = write(name, setting);
    return Run.of(new Run.Request(file.toString(), List.of(), List.of(), folder.resolve("unused")))
        .file()
        .strategy();
  }

  private Path write(String name, String setting) throws IOException {
    Path source = folder.resolve(name + ".java");
    if (!Files.exists(source)) {
      Files.copy(EXAMPLES.resolve(name + ".java"), source);
    }
    return Files.writeString(folder.resolve(name + ".yaml"), RUN_FILE.formatted(name, setting));
  }

  private Path train(String name, String setting) throws IOException {
    Path output = folder.resolve(name);
    run("train", write(name, setting).toString(), "--output", output.toString());
    return output;
  }

  private Path plain() throws IOException {
    Path file = folder.resolve("plain.yaml");
    Files.writeString(
        file,
        RUN_FILE
            .formatted("standard", "")
            .replace("classpath: [standard.java]\n", "")
            .replace(", }", "}"));
    Path output = folder.resolve("plain");
    run("train", file.toString(), "--output", output.toString());
    return output;
  }

  private void run(String... arguments) {
    assertThat(terminal.run(arguments)).as(terminal.err()).isZero();
  }

  private static String hash(Path run) throws IOException {
    JsonNode summary = new JsonMapper().readTree(run.resolve("summary.json").toFile());
    return summary.required("modelHash").asText();
  }
}
