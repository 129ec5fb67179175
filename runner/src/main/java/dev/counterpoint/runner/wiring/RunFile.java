package dev.counterpoint.runner.wiring;

import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.tensorboard.TensorBoard;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A whole run file. {@code model} and {@code data} must be given; all else has defaults.
 *
 * @param name of the run, and of its directory
 * @param seed of the first parameters, the order of the items, and dropout
 * @param device {@code auto} (a GPU if there is one), {@code cpu}, {@code gpu}, or {@code gpu:1}
 * @param loss in place of the model's own
 * @param classpath jars, class folders and {@code .java} files with classes that the run file names
 */
public record RunFile(
    String name,
    long seed,
    String device,
    ModelConfig model,
    DataSource data,
    @Nullable Loss loss,
    TrainingConfig training,
    StrategyConfig strategy,
    CheckpointPolicy checkpoint,
    List<CallbackConfig> callbacks,
    List<String> classpath) {
  private static final String TWICE = "may have only one";

  public RunFile {
    new Checks()
        .that(
            name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"),
            "name",
            "\"" + name + "\"",
            "must be letters, digits, dots, dashes and underscores, as it names a directory")
        .that(
            device.matches("auto|cpu|gpu(:\\d{1,3})?"),
            "device",
            "\"" + device + "\"",
            "must be auto, cpu, gpu or gpu:N")
        .that(atMostOne(callbacks, BestModel.Config.class), "callbacks", TWICE, "best-model")
        .that(atMostOne(callbacks, TensorBoard.Config.class), "callbacks", TWICE, "tensorboard")
        .verify();
    callbacks = List.copyOf(callbacks);
    classpath = List.copyOf(classpath);
  }

  private static boolean atMostOne(List<CallbackConfig> callbacks, Class<?> kind) {
    return callbacks.stream().filter(kind::isInstance).count() <= 1;
  }

  /** What a run file need not say; it has no default model and no default data. */
  @SuppressWarnings("NullAway") // The binder asks for what is null here.
  public static RunFile defaults() {
    return new RunFile(
        "run",
        17,
        "auto",
        null,
        null,
        null,
        TrainingConfig.defaults(),
        new StandardTrainingStrategy.Config(),
        CheckpointPolicy.defaults(),
        List.of(),
        List.of());
  }

  /**
   * The same, with its class path and the folder that its model begins from as absolute paths, so
   * that they are found from anywhere, and with all that such a folder says of the model.
   */
  RunFile locatedBy(FileFinder files, List<Path> more) throws IOException {
    Stream<String> own = classpath.stream().map(entry -> files.apply(entry).toString());
    Stream<String> given =
        more.stream().map(entry -> entry.toAbsolutePath().normalize().toString());
    return new RunFile(
        name,
        seed,
        device,
        model instanceof PretrainedConfig config ? config.resolve(files) : model,
        data,
        loss,
        training,
        strategy,
        checkpoint,
        callbacks,
        Stream.concat(own, given).distinct().toList());
  }

  /** The same, with what its class path has in a run directory named from there. */
  RunFile within(Path directory) {
    List<String> entries =
        classpath.stream()
            .map(Path::of)
            .map(entry -> entry.startsWith(directory) ? directory.relativize(entry) : entry)
            .map(Path::toString)
            .toList();
    return new RunFile(
        name, seed, device, model, data, loss, training, strategy, checkpoint, callbacks, entries);
  }
}
