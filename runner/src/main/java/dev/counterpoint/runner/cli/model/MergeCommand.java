package dev.counterpoint.runner.cli.model;

import ai.djl.Device;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelCatalogs;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.models.huggingface.AdapterFolder;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.runner.report.DownloadProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint merge}: merges a LoRA adapter into the weights of its base model. */
@Command(
    name = "merge",
    description = "Merges the LoRA adapter of a run into the weights of its base model.")
public final class MergeCommand extends ConsoleCommand {
  private static final Set<String> REWRITTEN =
      Set.of(
          ModelFolder.CONFIG,
          FolderChecksums.FILE,
          ModelFolder.GOLDEN,
          AdapterFolder.SETTINGS,
          AdapterFolder.CONFIG,
          AdapterFolder.WEIGHTS);

  @Parameters(paramLabel = "RUN_DIR", description = "A run directory, or its model folder.")
  private Path directory = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "The folder for the merged model; it must not exist.")
  private Path output = Path.of("");

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    merge(ModelFolder.within(directory), output, classpath);
    console.print("merged model saved to " + output);
  }

  /**
   * Merges an adapter.
   *
   * @param folder the model folder with the adapter
   * @param output the folder for the merged model
   * @throws InvalidSettings if there is no adapter, or the output exists
   */
  public static void merge(Path folder, Path output, ClassPathOption classpath) throws IOException {
    SourcePath code = TrainedModel.code(folder, classpath);
    Binder binder = new Binder(ModelCatalogs.all(), code);
    ModelFolder.Config config = ModelFolder.config(folder, binder);
    if (ModelFolder.adapter(config) == null) {
      throw new InvalidSettings("The model in " + folder + " has no adapter to merge.");
    }
    FileAccess.requireAccess(output);
    if (Files.exists(output)) {
      throw new InvalidSettings(output + " already exists; name a new folder.");
    }
    try (BaseModel model =
        ModelFolder.load(folder, config, Device.cpu(), DownloadProgress::findModel)) {
      ModelFolder.saveMerged(output, model, config, otherFiles(folder), binder);
    }
    GoldenExamples.write(output, code, DownloadProgress::findModel, GoldenExamples.inputs(folder));
  }

  /** Returns the files of the model folder that are copied unchanged, such as the tokenizer's. */
  private static Map<String, DataSplits.ModelFile> otherFiles(Path folder) throws IOException {
    Map<String, DataSplits.ModelFile> others = new TreeMap<>();
    FolderEntries.of(folder).stream()
        .filter(file -> !REWRITTEN.contains(file.getFileName().toString()))
        .forEach(file -> others.put(file.getFileName().toString(), out -> Files.copy(file, out)));
    return others;
  }
}
