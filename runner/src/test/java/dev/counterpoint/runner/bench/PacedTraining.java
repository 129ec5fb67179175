package dev.counterpoint.runner.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.strategies.distributed.DistributedTrainingStrategy;
import dev.counterpoint.strategies.distributed.Membership;
import dev.counterpoint.strategies.distributed.RingCollective;
import dev.counterpoint.strategies.distributed.RingListener;
import dev.counterpoint.strategies.internal.network.Secret;
import dev.counterpoint.strategies.launch.Address;
import dev.counterpoint.strategies.launch.BindAddress;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A training process of {@link RanksBenchmark}. It reads requests such as {@code {"steps": 5}} from
 * standard input, runs that number of steps, and prints the seconds from the end of one step to the
 * end of the next. Arguments: size, rank, world size, and the port of rank 0; those of the other
 * ranks follow.
 */
final class PacedTraining implements Callback {
  private static final long ENDLESS = 1L << 40; // examples
  private static final JsonMapper JSON = new JsonMapper();

  private final BufferedReader requests =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final List<Double> seconds = new ArrayList<>();
  private int requested;
  private long last;

  private PacedTraining() {}

  public static void main(String[] arguments) {
    BenchSize size = BenchSize.valueOf(arguments[0]);
    RunOptions options =
        new RunOptions(
            1, List.of(new PacedTraining()), new StopSignal(), null, CheckpointPolicy.defaults());
    try (TrainingStrategy strategy =
        strategy(
            Integer.parseInt(arguments[1]),
            Integer.parseInt(arguments[2]),
            Integer.parseInt(arguments[3]))) {
      new Trainer(
              size.model(Precision.FLOAT32),
              strategy,
              TrainerContender.config(size, Precision.FLOAT32),
              options)
          .train(new RandomExamples(size, ENDLESS));
    }
  }

  private static TrainingStrategy strategy(int rank, int worldSize, int port) {
    if (worldSize == 1) {
      return new StandardTrainingStrategy();
    }
    Membership membership =
        new Membership(
            rank, worldSize, "benchmark", Secret.of("benchmark"), Duration.ofSeconds(60));
    BindAddress bind = new BindAddress("127.0.0.1", port + rank, port + rank);
    Address next = new Address("127.0.0.1", port + (rank + 1) % worldSize);
    return new DistributedTrainingStrategy(
        RingCollective.join(membership, RingListener.open(bind, membership), next));
  }

  @Override
  public void onStart(TrainingStart start) {
    await();
  }

  @Override
  public void onStep(StepReport report) {
    seconds.add((System.nanoTime() - last) * 1e-9);
    last = System.nanoTime();
    if (seconds.size() == requested) {
      System.out.println(JSON.valueToTree(Map.of("seconds", seconds)).toString());
      seconds.clear();
      await();
    }
  }

  private void await() {
    try {
      String line = requests.readLine();
      if (line == null) {
        Runtime.getRuntime().halt(0); // The benchmark has ended.
      }
      requested = JSON.readTree(line).path("steps").asInt();
      last = System.nanoTime();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
