package dev.counterpoint.runner.scaffold;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.AtomicFolders;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.models.huggingface.PretrainedConfig;
import dev.counterpoint.runner.LauncherCommand;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.RunModule;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Files of a new experiment: the run file of a built-in one, copies of its parts as source files,
 * and a README. Before a copy is changed, the training gives the same bits as the built-in one.
 */
public final class NewExperiment {
  private static final String README =
      """
      # %s

      %s

      | file | content |
      | --- | --- |
      | `run.yaml` | the settings, those of the experiment `%s`; `./counterpoint experiments` lists them all |
      %s
      ```sh
      %s
      %s
      %s
      ```

      `train` prints the run directory; use it in place of `RUN_DIR`. A source file is compiled at startup. Before it is changed, a
      training gives the same model hash as the experiment `%s`.
      """;

  private final Path folder;
  private final String experiment;
  private final Map<String, String> files = new LinkedHashMap<>();

  private NewExperiment(Path folder, String experiment) {
    this.folder = folder;
    this.experiment = experiment;
  }

  /**
   * Creates the files in memory.
   *
   * @param folder the folder, which must not exist; its name becomes the name of the run
   * @param experiment the name of a built-in experiment
   * @param parts the parts that are copied as source files
   * @throws InvalidSettings if the folder exists or its name is invalid, the experiment is unknown,
   *     or it has no such part
   */
  public static NewExperiment of(Path folder, String experiment, Set<Part> parts)
      throws IOException {
    String name = String.valueOf(folder.getFileName());
    if (!name.matches("[A-Za-z][A-Za-z0-9._-]*")) {
      throw new InvalidSettings(
          "The name \"%s\" must start with a letter and contain only letters, digits, dots, dashes"
              + " and underscores.",
          name);
    }
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new InvalidSettings("%s already exists; choose another name.", folder);
    }
    if (Experiments.has(folder.toString())) {
      throw new InvalidSettings("%s is a built-in experiment; choose another name.", folder);
    }
    if (!Experiments.has(experiment)) {
      throw new InvalidSettings(
          "--from %s is not a built-in experiment%s Known: %s",
          experiment,
          Nearest.suggestion(experiment, Experiments.names()),
          String.join(", ", Experiments.names()));
    }
    NewExperiment created = new NewExperiment(folder, experiment);
    created.write(name, parts);
    return created;
  }

  /** The names of the files. */
  public Set<String> names() {
    return files.keySet();
  }

  /** Writes all files, or none if that fails. */
  public void save() throws IOException {
    Path absolute = folder.toAbsolutePath();
    String name = absolute.getFileName().toString();
    new AtomicFolders(
            absolute.resolveSibling(""), Pattern.compile(Pattern.quote(name)), new LocalDisk())
        .publish(
            name,
            draft -> {
              Files.createDirectory(draft);
              for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(draft.resolve(file.getKey()), file.getValue());
              }
            });
  }

  private void write(String name, Set<Part> parts) throws IOException {
    Run run = Run.of(new Run.Request(experiment, List.of(), List.of(), null));
    String yaml = Experiments.runFile(experiment, List.of());
    // The comments at the top are about the experiment itself.
    yaml = "# From the experiment " + experiment + ".\n" + yaml.replaceFirst("\\A(#.*\\n)+", "");
    Map<Part, String> classes = new LinkedHashMap<>();
    StringBuilder rows = new StringBuilder();
    for (Part part : parts) {
      Class<?> type = implementation(run, part).getClass();
      String className = Part.camelCase(name) + part.className();
      classes.put(part, className);
      yaml = select(yaml, part.key(), className);
      rows.append(
          Formats.of(
              "| `%s.java` | the part %s, `%s` in the run file |%n", className, part, part.key()));
      String text =
          EjectedSource.of(type, className, other -> part == Part.MODEL && !isContract(other));
      files.put(className + ".java", text);
    }
    String first =
        "name: " + name + (classes.isEmpty() ? "" : "\nclasspath: " + javaFiles(classes));
    files.put("run.yaml", yaml.replaceFirst("(?m)^name: .*$", Matcher.quoteReplacement(first)));
    files.put(
        "README.md",
        README.formatted(
            name,
            Experiments.description(experiment),
            experiment,
            rows,
            LauncherCommand.line("train", folder),
            LauncherCommand.line("evaluate", "RUN_DIR"),
            LauncherCommand.line("serve", "RUN_DIR"),
            experiment));
  }

  private static String javaFiles(Map<Part, String> classes) {
    return classes.values().stream()
        .map(name -> name + ".java")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** Sets a type in the text of a run file of an experiment, whose mappings are on one line. */
  private static String select(String yaml, String key, String type) {
    String last = key.substring(key.lastIndexOf('.') + 1);
    Matcher present = Pattern.compile("(?m)^( *" + last + ": \\{type: )[\\w-]+").matcher(yaml);
    if (present.find()) {
      return present.replaceFirst("$1" + type);
    }
    return key.startsWith("model.")
        ? yaml.replaceFirst(
            "(?m)^(model: \\{type: [\\w-]+)", "$1, " + last + ": {type: " + type + "}")
        : yaml.replaceFirst("(?m)^training:$", key + ": {type: " + type + "}\ntraining:");
  }

  /** The record that implements a part of a run. */
  private Object implementation(Run run, Part part) throws IOException {
    Object found = value(run, part);
    if (found instanceof PretrainedConfig
        || found == null
        || !EjectedSource.exists(found.getClass())) {
      throw new InvalidSettings(
          "--eject %s: the experiment %s has no such part that can be copied. Known: %s",
          part, experiment, known(run));
    }
    return found;
  }

  private static String known(Run run) {
    return Arrays.stream(Part.values())
        .filter(
            part -> {
              Object value = component(run.file(), part.key());
              return part == Part.LOSS
                  || (value instanceof Record
                      && !(value instanceof PretrainedConfig)
                      && EjectedSource.exists(value.getClass()));
            })
        .map(Part::toString)
        .collect(Collectors.joining(", "));
  }

  private static @Nullable Object value(Run run, Part part) throws IOException {
    Object configured = component(run.file(), part.key());
    if (part != Part.LOSS || configured != null) {
      return configured;
    }
    try (DataSplits data = RunModule.data(run, run.tokenizer(), null);
        BaseModel model = run.file().model().build(data.spec())) {
      Loss loss = model.lossFunction();
      return isBuiltIn(loss.getClass()) ? loss : null;
    }
  }

  private static boolean isBuiltIn(Class<?> type) {
    return Catalogs.all().stream().anyMatch(catalog -> catalog.records().contains(type));
  }

  /** Whether a class is, or contains, the contract of a catalog. */
  static boolean isContract(String className) {
    return Catalogs.all().stream()
        .map(Catalog::contract)
        .anyMatch(it -> (it.getName() + "$").startsWith(className + "$"));
  }

  /** A component of a record at a dotted path; null if there is none. */
  private static @Nullable Object component(Object record, String path) {
    Object value = record;
    for (String name : path.split("\\.", -1)) {
      value = value == null ? null : componentOf(value, name);
    }
    return value;
  }

  private static @Nullable Object componentOf(Object record, String name) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      if (component.getName().equals(name)) {
        try {
          return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return null;
  }
}
