package dev.counterpoint.inference;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a model that starts from the weights of an earlier run, with its tokenizer, the
 * statistics of its columns or pixels, and its labels.
 *
 * @param from the run directory or the model folder
 * @param newHead whether the parameters of the output layer {@code head} are newly initialized, for
 *     the labels of the new data or, for tables, for another target
 * @param settings the settings of the model, of which only those without weights, such as dropout,
 *     can differ from the folder's; null to take the folder's
 */
public record TrainedConfig(String from, boolean newHead, @Nullable ModelConfig settings)
    implements ModelConfig {
  /** The output layer, and the statistics of the targets of a table. */
  private static final Pattern HEAD = Pattern.compile("head\\..*|output\\.(means|deviations)");

  /** The defaults of optional settings. */
  @SuppressWarnings("NullAway") // The binder reports keys that are null here as missing.
  public static TrainedConfig defaults() {
    return new TrainedConfig(null, false, null);
  }

  /**
   * Resolves the path and reads the settings of the folder. Those of a model with a format of
   * Hugging Face are returned as such, because they have a {@code from} of their own.
   *
   * @throws InvalidSettings if the folder contains no model
   */
  public ModelConfig resolve(Function<String, Path> files, Binder binder) throws IOException {
    Path folder = ModelFolder.within(files.apply(from));
    ModelFolder.Config config = ModelFolder.config(folder, binder);
    if (config.model() instanceof PretrainedConfig) {
      Record own = RecordCopy.with((Record) config.model(), "from", folder.toString());
      own = RecordCopy.with(own, "architecture", null);
      return (ModelConfig) RecordCopy.with(own, "newHead", newHead);
    }
    return new TrainedConfig(
        folder.toString(), newHead, settings == null ? config.model() : settings);
  }

  /** The specification of the data in the folder; without labels if the model gets a new head. */
  public DataSpec trained(Binder binder) throws IOException {
    DataSpec data = ModelFolder.config(Path.of(from), binder).data();
    return newHead ? data.withoutTarget() : data;
  }

  @Override
  public int maxLength() {
    return own().maxLength();
  }

  @Override
  public BaseModel build(DataSpec data) {
    return own().build(data);
  }

  /** The settings of the model alone, as its folder contains them. */
  ModelConfig own() {
    if (settings == null) {
      throw new InvalidSettings("The model of " + from + " is not resolved.");
    }
    return settings;
  }

  /**
   * Checks that the folder contains the weights of a model, initialized or not.
   *
   * @throws InvalidSettings as {@link #loadInto}
   */
  public void check(BaseModel model) throws IOException {
    Path weights = Path.of(from).resolve(ModelFolder.WEIGHTS);
    if (!newHead) {
      ModelWeights.check(model.parameters(), weights);
      return;
    }
    try (SafetensorsReader reader = SafetensorsReader.open(weights)) {
      for (Parameter parameter : body(model.parameters())) {
        reader.requireShape(parameter.name(), parameter.shape());
      }
    }
  }

  /**
   * Loads the weights of the folder into an initialized model.
   *
   * @throws InvalidSettings if they do not match, or there is no new head to initialize
   */
  public void loadInto(BaseModel model) throws IOException {
    Path folder = Path.of(from);
    FolderChecksums checksums = FolderChecksums.verify(folder);
    Path weights = folder.resolve(ModelFolder.WEIGHTS);
    if (newHead) {
      loadBody(model.parameters(), weights);
    } else {
      ModelWeights.load(model.parameters(), weights);
    }
    checksums.await();
  }

  private List<Parameter> body(List<Parameter> parameters) {
    List<Parameter> body =
        parameters.stream().filter(it -> !HEAD.matcher(it.name()).matches()).toList();
    if (body.size() == parameters.size()) {
      throw new InvalidSettings(
          "model.newHead needs a model whose output layer is named head; the one in %s has none.",
          from);
    }
    return body;
  }

  private void loadBody(List<Parameter> parameters, Path weights) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(weights)) {
      for (Parameter parameter : body(parameters)) {
        reader.read(parameter.name(), parameter.value());
      }
    }
  }
}
