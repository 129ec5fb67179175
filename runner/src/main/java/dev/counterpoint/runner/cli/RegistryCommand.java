package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.model.DatabaseFile;
import dev.counterpoint.runner.cli.model.MergeCommand;
import dev.counterpoint.runner.cli.model.TrainedModel;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.RegistryContent;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import dev.counterpoint.serving.registry.RegistryEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code counterpoint registry}: versions of models, and aliases that refer to them. */
@Command(
    name = "registry",
    description =
        "Keeps versions of trained models in a folder, with aliases such as champion that move from"
            + " version to version.",
    synopsisSubcommandLabel = "ACTION",
    commandListHeading = "%nActions:%n")
final class RegistryCommand {
  private static final String ALIAS = "NAME@ALIAS";
  private static final String NONE = "none";

  @Option(
      names = "--registry",
      paramLabel = "DIR|FILE",
      scope = ScopeType.INHERIT,
      description =
          "The folder of the registry, or a YAML file with its PostgreSQL database. Default:"
              + " ${DEFAULT-VALUE}.")
  private Path folder = Path.of("registry");

  @Spec private CommandSpec spec;

  private FolderRegistry registry() throws IOException {
    return DatabaseFile.registry(folder);
  }

  private Console console() {
    return Consoles.of(spec);
  }

  @Command(
      name = "add",
      description =
          "Adds the model of a run as the next version of a name, after its golden examples have been"
              + " computed again. An adapter is merged into its base model.")
  void add(
      @Parameters(paramLabel = "RUN_DIR", description = "A run directory or a model folder.")
          Path directory,
      @Option(names = "--name", required = true, description = "The name of the model.")
          String name,
      @Option(names = "--alias", description = "An alias to move to the new version.")
          @Nullable String alias,
      @Mixin ClassPathOption classpath)
      throws IOException {
    ModelId id = new ModelId(name, null, alias);
    TrainedModel.check(directory, classpath, console());
    Path model = ModelFolder.within(directory);
    Path scratch = Files.createTempDirectory("counterpoint-registry-");
    try {
      Path source = model;
      if (ModelFolder.isAdapter(model)) {
        source = scratch.resolve("model");
        MergeCommand.merge(model, source, classpath);
      }
      Version version = registry().add(id, source, model);
      console().print("%s: SHA-256 %s", version.id(), version.artifact());
    } finally {
      new LocalDisk().delete(scratch);
    }
  }

  @Command(name = "list", description = "Lists the versions of all models, or of one.")
  void list(
      @Parameters(paramLabel = "NAME", arity = "0..1", description = "The name of a model.")
          @Nullable String name)
      throws IOException {
    RegistryContent content = registry().content();
    if (name != null) {
      content.find(new ModelId(name, null, null));
    }
    content.all().stream()
        .filter(version -> name == null || version.name().equals(name))
        .forEach(
            version ->
                console()
                    .print(
                        "%-24s %s  %s  %s",
                        version.id(),
                        version.added().at(),
                        version.artifact().substring(0, 12),
                        String.join(" ", content.aliases(version))));
  }

  @Command(name = "show", description = "Prints the origin and the folder of a version.")
  void show(
      @Parameters(paramLabel = "MODEL", description = "NAME, NAME/VERSION or " + ALIAS + ".")
          String model)
      throws IOException {
    FolderRegistry registry = registry();
    RegistryContent content = registry.content();
    Version version = content.find(ModelId.parse(model));
    Path files = registry.folder(version);
    Console console = console();
    console.print("%s, added %s by %s", version.id(), version.added().at(), version.added().by());
    console.print("SHA-256: " + version.artifact());
    console.print("folder: " + files);
    List<String> aliases = content.aliases(version);
    console.print("aliases: " + (aliases.isEmpty() ? NONE : String.join(", ", aliases)));
    JsonNode provenance = AtomicFile.readJson(files.resolve("provenance.json"));
    if (provenance.has("started")) {
      console.print(
          "trained: %s by %s on %s, %s",
          provenance.path("started").asText(),
          provenance.path("user").asText(),
          provenance.path("host").asText(),
          Formats.count(
              AtomicFile.readJson(files.resolve("summary.json")).path("steps").asLong(), "step"));
    }
  }

  @Command(name = "alias", description = "Moves an alias to a version, or removes it.")
  void alias(
      @Parameters(paramLabel = ALIAS, description = "The alias, such as fraud@champion.") String id,
      @Parameters(paramLabel = "VERSION", description = "The version, or none.") String version,
      @Option(
              names = "--expect",
              paramLabel = "VERSION",
              description = "Requires the alias to refer to this version; none: not to exist.")
          @Nullable String expected)
      throws IOException {
    Integer target = number("VERSION", version);
    registry()
        .setAlias(
            ModelId.parse(id),
            target == 0 ? null : target,
            expected == null ? null : number("--expect", expected));
    console().print(id + ": " + (target == 0 ? NONE : "version " + version));
  }

  private static int number(String name, String text) {
    if (!text.matches("[1-9]\\d{0,8}|" + NONE)) {
      throw new InvalidSettings("%s must be a version number or \"none\": %s", name, text);
    }
    return text.equals(NONE) ? 0 : Integer.parseInt(text);
  }

  @Command(name = "history", description = "Prints all changes: user, time and action.")
  void history(
      @Parameters(paramLabel = "NAME", arity = "0..1", description = "The name of a model.")
          @Nullable String name)
      throws IOException {
    for (RegistryEvent event : registry().content().events()) {
      if (name == null || event.name().equals(name)) {
        console().print("%s %-12s %s", event.at(), event.by(), describe(event));
      }
    }
  }

  private static String describe(RegistryEvent event) {
    String id = event.name() + "/" + event.version();
    return switch (event.kind()) {
      case CREATE -> "created the registry";
      case ADD ->
          "added %s%s, SHA-256 %s"
              .formatted(id, event.alias() == null ? "" : " as " + event.alias(), event.artifact());
      case REMOVE -> "removed " + id;
      case ALIAS ->
          event.name() + "@" + event.alias() + (event.version() == null ? " removed" : " is " + id);
    };
  }

  @Command(
      name = "verify",
      description =
          "Compares the journal and the files of all versions with their hashes, and computes their"
              + " golden examples again.")
  void verify(@Mixin ClassPathOption classpath) throws IOException {
    FolderRegistry registry = registry();
    RegistryContent content = registry.content();
    RunFailed.ifAny(registry.verify());
    RunFailed.ifAny(failedExamples(registry, content, classpath));
    registry.unused().forEach(it -> console().print("unused: " + it));
    console()
        .print(
            "verified: %s, %s",
            Formats.count(content.events().size(), "change"),
            Formats.count(content.all().size(), "version"));
  }

  /** The versions whose predictions differ from those after training. */
  private List<String> failedExamples(
      FolderRegistry registry, RegistryContent content, ClassPathOption classpath)
      throws IOException {
    List<String> failed = new ArrayList<>();
    for (Version version : content.all()) {
      try {
        TrainedModel.check(registry.folder(version), classpath, console());
      } catch (InvalidSettings e) {
        failed.add(version.id() + ": " + e.getMessage());
      }
    }
    return failed;
  }

  @Command(name = "remove", description = "Removes a version that has no alias.")
  void remove(
      @Parameters(paramLabel = "NAME/VERSION", description = "The version, such as fraud/7.")
          String id)
      throws IOException {
    registry().remove(ModelId.parse(id));
    console().print("removed " + id);
  }
}
