package dev.counterpoint.runner.profile;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.training.TrainingStrategy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the phases of training steps from the hooks that the training loop calls anyway: the
 * callback before a micro-batch, the loss, the hooks of the strategy and the callback after a step.
 * The time of a layer's forward pass is the time since the output of the layer before it.
 *
 * <p>After the warm-up every second step is profiled. The steps between show the overhead, because
 * other programs slow down both alike.
 */
final class StepProfiler implements Callback.BeforeBatch {
  private final int warmUp;
  private final List<Profile.Span> spans = new ArrayList<>();
  private boolean recording;
  private boolean inForward;
  private long last;
  private final List<Double> profiled = new ArrayList<>(); // seconds of steps
  private final List<Double> plain = new ArrayList<>();
  private double waitSeconds;
  private double checkpointSeconds;
  private double validationSeconds;

  /**
   * Creates a profiler.
   *
   * @param warmUp the number of steps that are not measured
   */
  StepProfiler(int warmUp) {
    this.warmUp = warmUp;
  }

  /** Records the time since the last call, and returns it in seconds. */
  private double record(Profile.Phase phase, String layer, long bytes) {
    long begin = last;
    last = System.nanoTime();
    if (recording) {
      spans.add(new Profile.Span(phase, layer, begin, last, bytes));
    }
    return (last - begin) * 1e-9;
  }

  private void record(Profile.Phase phase) {
    record(phase, "", 0);
  }

  @Override
  public void beforeBatch(long step, int microBatch, Batch batch) {
    recording = step > warmUp && (step - warmUp) % 2 == 0;
    if (microBatch > 0) {
      record(Profile.Phase.BACKWARD);
    }
    last = System.nanoTime();
    inForward = true;
  }

  /** Observes the output of a layer. */
  void layer(String name, NDArray output) {
    if (inForward) {
      record(Profile.Phase.FORWARD, name, output.size() * output.getDataType().getNumOfBytes());
    }
  }

  /** Wraps the loss to measure it. */
  Loss around(Loss loss) {
    return (output, batch) -> {
      boolean measured = inForward;
      if (measured) {
        record(Profile.Phase.FORWARD); // after the last layer
        inForward = false;
      }
      LossSum sum = loss.of(output, batch);
      if (measured) {
        record(Profile.Phase.LOSS);
      }
      return sum;
    };
  }

  /** Wraps the strategy to measure its hooks. */
  TrainingStrategy around(TrainingStrategy strategy) {
    Map<String, Profile.Phase> before =
        Map.of("reduceGradients", Profile.Phase.BACKWARD, "afterStep", Profile.Phase.OPTIMIZER);
    return (TrainingStrategy)
        Proxy.newProxyInstance(
            TrainingStrategy.class.getClassLoader(),
            new Class<?>[] {TrainingStrategy.class},
            (proxy, method, arguments) -> {
              Profile.Phase phase = before.get(method.getName());
              if (phase != null) {
                record(phase);
              }
              try {
                return method.invoke(strategy, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                if (phase != null) {
                  record(Profile.Phase.EXCHANGE);
                }
              }
            });
  }

  @Override
  public void onStep(StepReport report) {
    if (recording) {
      profiled.add(report.seconds());
      waitSeconds += report.waitSeconds();
    } else if (report.step() > warmUp) {
      plain.add(report.seconds());
    }
    recording = false;
    last = System.nanoTime();
  }

  @Override
  public void onCheckpoint(long step) {
    checkpointSeconds = record(Profile.Phase.OTHER, "", 0);
  }

  @Override
  public void onValidation(ValidationReport report) {
    validationSeconds = record(Profile.Phase.OTHER, "", 0);
  }

  /**
   * The measured profile.
   *
   * @param backward the parts of the layers in the backward pass, which add up to 1
   */
  Profile profile(Map<String, Double> backward) {
    int steps = profiled.size();
    double seconds = profiled.stream().mapToDouble(it -> it).sum();
    Map<Profile.Phase, Double> phases = new LinkedHashMap<>();
    Map<String, Profile.Row> layers = new LinkedHashMap<>();
    phases.put(Profile.Phase.DATA_WAIT, waitSeconds / steps);
    double measured = waitSeconds;
    for (Profile.Span span : spans) {
      double time = (span.end() - span.begin()) * 1e-9;
      measured += time;
      phases.merge(span.phase(), time / steps, Double::sum);
      if (!span.layer().isEmpty()) {
        Profile.Row before =
            layers.getOrDefault(span.layer(), new Profile.Row(span.phase(), span.layer(), 0, 0));
        layers.put(
            span.layer(),
            new Profile.Row(
                span.phase(),
                span.layer(),
                before.seconds() + time / steps,
                before.bytes() + span.bytes() / steps));
      }
    }
    phases.put(Profile.Phase.OTHER, (seconds - measured) / steps);
    List<Profile.Row> rows = new ArrayList<>();
    for (Profile.Phase phase : Profile.Phase.values()) {
      double whole = phases.getOrDefault(phase, 0.0);
      rows.add(new Profile.Row(phase, "", whole, 0));
      if (phase == Profile.Phase.FORWARD) {
        rows.addAll(layers.values());
      } else if (phase == Profile.Phase.BACKWARD) {
        backward.forEach((layer, part) -> rows.add(new Profile.Row(phase, layer, part * whole, 0)));
      }
    }
    return new Profile(
        steps,
        seconds / steps,
        BackwardTimes.median(profiled) / BackwardTimes.median(plain) - 1,
        rows,
        validationSeconds,
        checkpointSeconds,
        spans);
  }
}
