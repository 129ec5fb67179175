package dev.counterpoint.serving;

import dev.counterpoint.serving.feature.FeatureReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The meters of a version of a model. All versions share those without the tag of a version. */
final class ModelMetrics {
  private static final String MODEL = "model";
  private static final String VIEW = "view";

  /** Numbers the queues: two names may serve a version, or it is loaded again while it is used. */
  private static final AtomicInteger QUEUES = new AtomicInteger();

  private final MeterRegistry meters;
  private final String model;
  private final int version;
  private final Timer queue;
  private final Timer compute;
  private final DistributionSummary batch;
  private final Counter failures;
  private @Nullable Gauge queueSize;

  ModelMetrics(MeterRegistry meters, String model, int version) {
    this.meters = meters;
    this.model = model;
    this.version = version;
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

  /** Registers the gauge of the waiting inputs. */
  void observeQueue(Supplier<Number> size) {
    queueSize =
        Gauge.builder("counterpoint.queue.size", size)
            .description("Inputs that wait for a thread of the model.")
            .tag(MODEL, model)
            .tag("version", String.valueOf(version))
            .tag("queue", String.valueOf(QUEUES.incrementAndGet()))
            .register(meters);
  }

  /** Removes the gauge of the waiting inputs. */
  void close() {
    if (queueSize != null) {
      meters.remove(queueSize);
    }
  }

  void queued(long nanos) {
    queue.record(Duration.ofNanos(nanos));
  }

  void computed(long nanos, int size) {
    compute.record(Duration.ofNanos(nanos));
    batch.record(size);
  }

  /** Counts an input by the state of its features, and records their age. */
  void features(String view, FeatureReport report) {
    count(view, report.state().name().toLowerCase(Locale.ROOT));
    if (report.age() != null) {
      if (!report.missing().isEmpty() && report.state() == FeatureReport.State.FRESH) {
        count(view, "incomplete");
      }
      Timer.builder("counterpoint.feature.age")
          .description("Time since the event of the features of an input.")
          .serviceLevelObjectives(
              Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1), Duration.ofDays(7))
          .tag(MODEL, model)
          .tag(VIEW, view)
          .register(meters)
          .record(report.age());
    }
  }

  private void count(String view, String state) {
    Counter.builder("counterpoint.features")
        .description("Inputs by the state of their features.")
        .tag(MODEL, model)
        .tag(VIEW, view)
        .tag("state", state)
        .register(meters)
        .increment();
  }

  void failed() {
    failures.increment();
  }
}
