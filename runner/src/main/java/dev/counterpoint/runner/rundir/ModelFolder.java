package dev.counterpoint.runner.rundir;

import ai.djl.Device;
import dev.counterpoint.core.checkpoint.ModelWeights;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.config.Binder;
import dev.counterpoint.runner.config.SettingsTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code model/}: a finished model with all that using it takes. {@code config.json} says how it is
 * built, {@code model.safetensors} has its weights, and the files of the data, as {@code
 * tokenizer.json}, lie beside them.
 */
public final class ModelFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";

  private ModelFolder() {}

  /**
   * How a model is built.
   *
   * @param model its settings
   * @param data what it was built for
   * @param classpath where classes of its own are found
   */
  public record Config(ModelConfig model, DataSpec data, List<String> classpath) {}

  /** Writes a model; files of an older one are replaced. */
  public static void save(
      Path folder,
      BaseModel model,
      Config config,
      Map<String, DataSplits.ModelFile> files,
      Binder binder)
      throws IOException {
    Files.createDirectories(folder);
    RunDirectory.writeJson(folder.resolve(CONFIG), binder.toTree(config));
    ModelWeights.save(model.parameters(), folder.resolve(WEIGHTS));
    for (Map.Entry<String, DataSplits.ModelFile> file : files.entrySet()) {
      RunDirectory.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /** How the model in a folder is built. */
  public static Config config(Path folder, Binder binder) throws IOException {
    return binder.bind(tree(folder), Config.class);
  }

  /** The class path that the model's settings need before they can be read. */
  public static List<String> classpath(Path folder) throws IOException {
    return tree(folder).texts("classpath");
  }

  private static SettingsTree tree(Path folder) throws IOException {
    Path file = folder.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("There is no model in " + folder + ": it has no " + CONFIG + ".");
    }
    return SettingsTree.load(file.toString(), Files.readString(file), List.of());
  }

  /** The model itself, ready to be asked. */
  public static BaseModel load(Path folder, Config config, Device device) throws IOException {
    BaseModel model = config.model().build(config.data());
    model.initialize(device, 0);
    ModelWeights.load(model.parameters(), folder.resolve(WEIGHTS));
    model.setTraining(false);
    return model;
  }
}
