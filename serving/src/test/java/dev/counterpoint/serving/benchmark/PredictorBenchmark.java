package dev.counterpoint.serving.benchmark;

import dev.counterpoint.inference.Pipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Predicts without a server what {@link LoadGenerator} requests: prints texts per second in batches
 * of 32, and the median time of a single text.
 *
 * <pre>PredictorBenchmark RUN_DIR TEXTS SECONDS</pre>
 */
final class PredictorBenchmark {
  private static final int BATCH = 32;

  private PredictorBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    List<String> texts = Files.readAllLines(Path.of(arguments[1]));
    long nanos = Long.parseLong(arguments[2]) * 1_000_000_000;
    try (Pipeline pipeline = Pipeline.open(Path.of(arguments[0]))) {
      perSecond(pipeline, texts, nanos / 2); // warm-up
      System.out.printf(
          Locale.ROOT,
          "batches of %d: %.1f/s; single: median %.2f ms%n",
          BATCH,
          perSecond(pipeline, texts, nanos),
          medianMillis(pipeline, texts, nanos / 2));
    }
  }

  private static double perSecond(Pipeline pipeline, List<String> texts, long nanos) {
    long start = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - start < nanos) {
      List<String> batch = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        batch.add(texts.get((count + i) % texts.size()));
      }
      pipeline.classify(pipeline.texts(batch));
      count += BATCH;
    }
    return count * 1e9 / (System.nanoTime() - start);
  }

  private static double medianMillis(Pipeline pipeline, List<String> texts, long nanos) {
    List<Long> times = new ArrayList<>();
    long start = System.nanoTime();
    while (System.nanoTime() - start < nanos) {
      long before = System.nanoTime();
      pipeline.classify(texts.get(times.size() % texts.size()));
      times.add(System.nanoTime() - before);
    }
    Collections.sort(times);
    return times.get(times.size() / 2) / 1e6;
  }
}
