package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.tensorboard.TensorBoard;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.metric.TaskMetrics;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.inference.TrainedConfig;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a run file. {@code model} and {@code data} are required; everything else has
 * defaults.
 *
 * @param name the name of the run and of its directory
 * @param seed the seed of parameter initialization, example order and dropout
 * @param device {@code auto} (a GPU if available), {@code cpu}, {@code gpu}, or {@code gpu:1}
 * @param threads the number of threads of libtorch in each process, or {@code auto}: the value of
 *     {@code OMP_NUM_THREADS} or, without it, the number of cores
 * @param loss replaces the model's loss; null to use the model's loss
 * @param metrics the metrics of an evaluation, besides the loss; {@code task} stands for those of
 *     the data source
 * @param privacy which examples of the data the run directory may contain
 * @param classpath jars, class folders and {@code .java} files with user-defined classes
 */
public record RunFile(
    String name,
    long seed,
    String device,
    String threads,
    ModelConfig model,
    DataSource data,
    @Nullable Loss loss,
    List<MetricConfig> metrics,
    TrainingConfig training,
    StrategyConfig strategy,
    CheckpointPolicy checkpoint,
    List<CallbackConfig> callbacks,
    Privacy privacy,
    List<String> classpath) {
  private static final String AT_MOST_ONE = "may contain only one";

  public RunFile {
    Checks checks = new Checks();
    checkMetrics(metrics, callbacks, checks);
    checks
        .that(
            name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
            "name",
            "\"" + name + "\"",
            "must start with a letter or digit and contain only letters, digits, dots, dashes and"
                + " underscores, because it names a directory")
        .that(
            device.matches("auto|cpu|gpu(:\\d{1,3})?"),
            "device",
            "\"" + device + "\"",
            "must be auto, cpu, gpu or gpu:N")
        .that(
            threads.matches("auto|[1-9]\\d{0,3}"),
            "threads",
            "\"" + threads + "\"",
            "must be auto or a number from 1 to 9999")
        .that(atMostOne(callbacks, BestModel.Config.class), "callbacks", AT_MOST_ONE, "best-model")
        .that(
            atMostOne(callbacks, TensorBoard.Config.class), "callbacks", AT_MOST_ONE, "tensorboard")
        .verify();
    metrics = List.copyOf(metrics);
    callbacks = List.copyOf(callbacks);
    classpath = List.copyOf(classpath);
  }

  /** Checks the names of metrics, and of monitored metrics if they do not depend on the data. */
  private static void checkMetrics(
      List<MetricConfig> metrics, List<CallbackConfig> callbacks, Checks checks) {
    Set<String> names = new LinkedHashSet<>(Set.of(Evaluation.LOSS));
    for (MetricConfig metric : metrics) {
      for (String name : metric.names()) {
        checks.that(names.add(name), "metrics", '"' + name + '"', "is the name of two metrics");
      }
    }
    if (metrics.stream().anyMatch(metric -> metric.names().isEmpty())) {
      return; // the trainer checks the monitored metrics
    }
    for (CallbackConfig callback : callbacks) {
      if (callback instanceof CallbackConfig.MonitorsMetric monitor) {
        String name = monitor.metric();
        checks.that(
            names.stream().anyMatch(it -> name.equals(it) || name.startsWith(it + ".")),
            "callbacks",
            "metric \"" + name + '"',
            "is not computed"
                + Nearest.suggestion(name, names)
                + " Known: "
                + String.join(", ", names));
      }
    }
  }

  private static boolean atMostOne(List<CallbackConfig> callbacks, Class<?> kind) {
    return callbacks.stream().filter(kind::isInstance).count() <= 1;
  }

  /** The defaults of optional settings; model and data have none. */
  @SuppressWarnings("NullAway") // The binder reports keys that are null here as missing.
  public static RunFile defaults() {
    return new RunFile(
        "run",
        17,
        "auto",
        Threads.AUTO,
        null,
        null,
        null,
        List.of(new TaskMetrics()),
        TrainingConfig.defaults(),
        new StandardTrainingStrategy.Config(),
        CheckpointPolicy.defaults(),
        List.of(),
        Privacy.defaults(),
        List.of());
  }

  /**
   * A copy with absolute paths for the class path and the pretrained model, and with the model
   * settings read from the pretrained model's folder.
   *
   * @param additional class path entries from the command line
   * @param binder reads the settings of a trained model
   */
  RunFile locatedBy(FileFinder files, List<Path> additional, Binder binder) throws IOException {
    Stream<String> fromFile = classpath.stream().map(entry -> files.apply(entry).toString());
    Stream<String> fromCommandLine =
        additional.stream().map(entry -> entry.toAbsolutePath().normalize().toString());
    List<String> entries = Stream.concat(fromFile, fromCommandLine).distinct().toList();
    RunFile located = RecordCopy.with(this, "classpath", entries);
    ModelConfig resolved =
        model instanceof TrainedConfig trained ? trained.resolve(files, binder) : model;
    return RecordCopy.with(
        located,
        "model",
        resolved instanceof PretrainedConfig config ? config.resolve(files) : resolved);
  }

  /** A copy in which class path entries inside the run directory are relative to it. */
  RunFile within(Path directory) {
    List<String> entries =
        classpath.stream()
            .map(Path::of)
            .map(entry -> entry.startsWith(directory) ? directory.relativize(entry) : entry)
            .map(Path::toString)
            .toList();
    return RecordCopy.with(this, "classpath", entries);
  }
}
