package dev.counterpoint.serving;

import dev.counterpoint.core.settings.InvalidSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The meters of one model, which all its versions share. */
final class ModelMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(ModelMetrics.class);
  private static final String MODEL = "model";
  private static final String QUEUE_SIZE = "counterpoint.queue.size";

  private final MeterRegistry meters;
  private final String model;
  private final Timer queue;
  private final Timer compute;
  private final DistributionSummary batch;
  private final Counter failures;

  ModelMetrics(MeterRegistry meters, String model) {
    this.meters = meters;
    this.model = model;
    queue = timer("counterpoint.queue.time", "Time that inputs waited for a thread of the model.");
    compute = timer("counterpoint.compute.time", "Time to compute a batch.");
    batch =
        DistributionSummary.builder("counterpoint.batch.size")
            .description("Inputs per batch.")
            .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
            .tag(MODEL, model)
            .register(meters);
    failures =
        Counter.builder("counterpoint.compute.failures")
            .description("Inputs for which the model failed.")
            .tag(MODEL, model)
            .register(meters);
  }

  private Timer timer(String name, String description) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .tag(MODEL, model)
        .register(meters);
  }

  /** Reports the number of waiting inputs, instead of those of the earlier version. */
  void observeQueue(Supplier<Number> size) {
    Gauge earlier = meters.find(QUEUE_SIZE).tag(MODEL, model).gauge();
    if (earlier != null) {
      meters.remove(earlier);
    }
    Gauge.builder(QUEUE_SIZE, size)
        .description("Inputs that wait for a thread of the model.")
        .tag(MODEL, model)
        .register(meters);
  }

  void queued(long nanos) {
    queue.record(Duration.ofNanos(nanos));
  }

  void computed(long nanos, int size) {
    compute.record(Duration.ofNanos(nanos));
    batch.record(size);
  }

  void failed(Throwable failure) {
    failures.increment();
    if (!(failure instanceof InvalidSettings)) { // The caller receives its message.
      LOG.warn("The model {} failed for an input.", model, failure);
    }
  }
}
