package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} of distributed runs; each rank is a JVM. */
@Timeout(240)
final class DistributedTest {
  private static final String RUN_FILE =
      """
      name: shared
      device: cpu
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 8, dropout: 0.0}
      data: {type: text-classification, train: {path: train.tsv}}
      training: {epochs: 2, batchSize: 16}
      strategy: {type: distributed, workers: 2, maxRestarts: 0, deadlineSeconds: 30}
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeRunFileAndData() throws IOException {
    Files.writeString(folder.resolve("shared.yaml"), RUN_FILE);
    Files.writeString(
        folder.resolve("train.tsv"),
        IntStream.range(0, 100)
            .mapToObj(row -> "a word%d\t%s%n".formatted(row % 7, row % 3 == 0 ? "yes" : "no"))
            .collect(Collectors.joining("", "text\tlabel\n", "")));
  }

  @Test
  void twoWorkersLearnWhatOneProcessLearnsAndMoreMayGoOn() throws IOException {
    assertThat(terminal.run(train("two"))).as(terminal.err()).isZero();
    assertThat(terminal.run(train("one", "--set", "strategy=standard"))).isZero();

    JsonNode two = summary("two");
    assertThat(two.path("steps").asInt()).isEqualTo(14);
    assertThat(two.path("trainLoss").asDouble())
        .isCloseTo(summary("one").path("trainLoss").asDouble(), Offset.offset(1e-5));
    assertThat(folder.resolve("two/logs/rank-0001.log")).content().contains("start 1");

    String run = folder.resolve("two").toString();
    assertThat(
            terminal.run("train", run, "--set", "strategy.workers=3", "--set", "training.epochs=3"))
        .as(terminal.err())
        .isZero();
    assertThat(summary("two").path("steps").asInt()).isEqualTo(21);
    assertThat(folder.resolve("two/logs/rank-0002.log")).exists();
  }

  @Test
  void onGpusTwoWorkersLearnWhatOneProcessLearns() throws IOException {
    assumeTrue(Engine.getEngine("PyTorch").getGpuCount() > 0, "the engine sees no GPU");

    assertThat(terminal.run(train("two", "--set", "device=gpu"))).as(terminal.err()).isZero();
    assertThat(terminal.run(train("one", "--set", "device=gpu", "--set", "strategy=standard")))
        .as(terminal.err())
        .isZero();

    assertThat(summary("two").path("trainLoss").asDouble())
        .isCloseTo(summary("one").path("trainLoss").asDouble(), Offset.offset(1e-4));
  }

  @Test
  void aBuiltInRunIsTrainedByTwoWorkers() throws IOException {
    assertThat(
            terminal.run(
                "train",
                "sentiment",
                "--set",
                "strategy={type: distributed, workers: 2}",
                "--set",
                "training={epochs: 1, batchSize: 256}",
                "--set",
                "model={type: transformer, width: 16, layers: 1, heads: 2, maxLength: 32}",
                "--set",
                "device=cpu",
                "--output",
                folder.resolve("run").toString()))
        .as(terminal.err())
        .isZero();

    assertThat(summary("run").path("validation").path("accuracy").asDouble()).isPositive();
  }

  @Test
  void moreWorkersThanTheBatchHasItemsAreRefusedBeforeAnythingStarts() {
    assertThat(terminal.run(train("run", "--set", "strategy.workers=17"))).isEqualTo(2);
    assertThat(terminal.err()).contains("strategy.workers 17", "training.batchSize, 16");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void ranksOfARunForOneProcessAreRefused() {
    assertThat(terminal.run(train("run", "--set", "strategy=standard", "--rank", "1")))
        .isEqualTo(2);
    assertThat(terminal.err()).contains("--set strategy.type=distributed");
  }

  @Test
  void severalMachinesNeedADirectoryThatAllSee() {
    String file = folder.resolve("shared.yaml").toString();

    assertThat(
            terminal.run("train", file, "--rank", "0", "--world", "2", "--tracker", "127.0.0.1:1"))
        .isEqualTo(2);
    assertThat(terminal.err()).contains("needs --output DIR");
  }

  @Test
  void twoCommandsTrainOneModel() throws IOException {
    String tracker = freeAddress();
    Path secret = secret("sesame");

    List<Ended> ranks = together(rank(0, tracker, secret), rank(1, tracker, secret));

    assertThat(ranks).as(ranks.toString()).extracting(Ended::code).containsExactly(0, 0);
    assertThat(ranks.get(1).error()).contains("Rank 1 of 2, tracker at " + tracker + " (--rank");
    assertThat(summary("run").path("steps").asInt()).isEqualTo(14);
  }

  @Test
  void commandsThatDoNotFitEachOtherAreToldInWhat() throws IOException {
    String tracker = freeAddress();
    Path secret = secret("sesame");

    List<Ended> ranks =
        together(rank(0, tracker, secret), rank(1, tracker, secret, "--set", "seed=18"));

    assertThat(ranks).extracting(Ended::code).containsExactly(2, 2);
    assertThat(ranks)
        .allSatisfy(
            rank -> assertThat(rank.error()).contains("seed is 17 on rank 0, 18 on rank 1"));
    assertThat(folder.resolve("run/run.yaml")).doesNotExist();
  }

  @Test
  void whoHasAnotherSecretIsRefusedAndTheOthersAreToldWhoIsMissing() throws IOException {
    String tracker = freeAddress();
    String[] hasty = {"--set", "strategy.deadlineSeconds=15"};

    List<Ended> ranks =
        together(
            rank(0, tracker, secret("sesame"), hasty), rank(1, tracker, secret("barley"), hasty));

    assertThat(ranks).extracting(Ended::code).containsExactly(2, 2);
    assertThat(ranks.get(0).error()).contains("ank 1 ", "did not join");
    assertThat(ranks.get(1).error()).contains("different secret");
  }

  @Test
  void aSecretThatIsNotUtf8IsRejectedWithFileAndByte() throws IOException {
    Path secret = Files.write(folder.resolve("latin.secret"), new byte[] {'c', (byte) 0xe9});

    assertThat(terminal.run(rank(0, freeAddress(), secret))).isEqualTo(2);
    assertThat(terminal.err()).contains("latin.secret", "0xe9", "offset 1");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String tracker = "127.0.0.1:" + other.getLocalPort();

      assertThat(terminal.run(rank(0, tracker, secret("sesame")))).isEqualTo(2);
      assertThat(terminal.err()).contains(tracker);
    }
  }

  @Test
  void aRankThatFailsAloneIsNamedWithWhatItSaid() throws IOException {
    String source = folder.resolve("OneSided.java").toString();
    Files.writeString(Path.of(source), ONE_SIDED);

    int code = terminal.run(train("run", "--classpath", source, "--set", "data={type: OneSided}"));

    assertThat(code).as(terminal.err()).isEqualTo(1);
    assertThat(terminal.err())
        .containsPattern("Rank 1 \\(process \\d+\\) ended with exit code 1")
        .contains("the third batch of this rank is damaged")
        .contains("  in " + folder.resolve("run/logs/rank-0001.log"));
  }

  /** Rank 1 fails in its third batch, and takes its time to close its data. */
  private static final String ONE_SIDED =
      """
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import java.util.List;
      import java.util.Map;

      public record OneSided() implements DataSource {
        @Override
        public DataSplits open(DataContext context) {
          List<String> labels = List.of("no", "yes");
          return DataSplits.of(
              DataSpec.ofText(3, 0, labels), Map.of("train", new Rows()), List.of(), "rows");
        }

        private static final class Rows implements Dataset, AutoCloseable {
          private final boolean damaged = "1".equals(System.getenv("COUNTERPOINT_RANK"));
          private int batches;

          @Override
          public long size() {
            return 100;
          }

          @Override
          public HostBatch collate(long[] chosen) {
            if (damaged && ++batches == 3) {
              throw new IllegalArgumentException("the third batch of this rank is damaged");
            }
            long[] ids = new long[chosen.length];
            long[] labels = new long[chosen.length];
            float[] mask = new float[chosen.length];
            for (int i = 0; i < chosen.length; i++) {
              ids[i] = 1 + chosen[i] % 2;
              labels[i] = chosen[i] % 2;
              mask[i] = 1;
            }
            return new HostBatch(
                chosen.length,
                chosen.length,
                Map.of(
                    Batch.IDS, HostTensor.of(ids, chosen.length, 1),
                    Batch.MASK, HostTensor.of(mask, chosen.length, 1),
                    Batch.LABELS, HostTensor.of(labels, chosen.length)));
          }

          @Override
          public void close() throws InterruptedException {
            if (damaged) {
              Thread.sleep(2_000);
            }
          }
        }
      }
      """;

  private record Ended(int code, String error) {}

  private static List<Ended> together(String[] first, String[] second) {
    CompletableFuture<Ended> other = CompletableFuture.supplyAsync(() -> ended(second));
    return List.of(ended(first), other.join());
  }

  private static Ended ended(String[] arguments) {
    Terminal own = new Terminal();
    return new Ended(own.run(arguments), own.err());
  }

  private String[] rank(int rank, String tracker, Path secret, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--rank", "" + rank, "--world-size", "2", "--tracker", tracker, "--secret-file"));
    arguments.add(secret.toString());
    arguments.addAll(List.of(more));
    return train("run", arguments.toArray(String[]::new));
  }

  private Path secret(String text) throws IOException {
    return Files.writeString(folder.resolve(text + ".secret"), text + "\n");
  }

  /** Of this test's process alone, so that nobody takes its port before the tracker does. */
  private static String freeAddress() throws IOException {
    long process = ProcessHandle.current().pid();
    String host =
        "127.%d.%d.%d"
            .formatted(1 + (process >> 14) % 128, 1 + (process >> 7) % 128, 1 + process % 128);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return host + ":" + free.getLocalPort();
    }
  }

  private String[] train(String run, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.add(folder.resolve("shared.yaml").toString());
    arguments.addAll(List.of("--output", folder.resolve(run).toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private JsonNode summary(String run) throws IOException {
    return new JsonMapper().readTree(folder.resolve(run).resolve("summary.json").toFile());
  }
}
