package dev.counterpoint.runner.cli.feature;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.cli.model.DatabaseFile;
import dev.counterpoint.runner.cli.model.TableFile;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.Consoles;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureHistory;
import dev.counterpoint.serving.feature.FeatureRow;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureTable;
import dev.counterpoint.serving.feature.FeatureWriter;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code counterpoint features}: loads, prints and joins features in a store. */
@Command(
    name = "features",
    description =
        "Keeps features of entities, such as customers, in a store: serve adds them to requests, and"
            + " join adds them to training data as they were at the time of each label.",
    synopsisSubcommandLabel = "ACTION",
    commandListHeading = "%nActions:%n")
public final class FeaturesCommand {
  private static final String VIEW = "The name of the features, such as customer.";

  @Option(
      names = "--store",
      paramLabel = "FOLDER|FILE",
      scope = ScopeType.INHERIT,
      description =
          "The folder of an embedded store, or a YAML file with the settings of a store. Default:"
              + " ${DEFAULT-VALUE}.")
  private Path store = Path.of("features");

  @Spec private CommandSpec spec;

  /** The options that name the columns of a table. */
  static final class Columns {
    @Option(names = "--view", paramLabel = "NAME", required = true, description = VIEW)
    private String view = "";

    @Option(
        names = "--entity",
        paramLabel = "COLUMN",
        required = true,
        description = "The column with the key of the entity.")
    private String entity = "";

    @Option(
        names = "--time-column",
        paramLabel = "COLUMN",
        required = true,
        description = "The column with the time of the row (ISO 8601; UTC without an offset).")
    private String time = "";

    @Mixin private final ClassPathOption classpath = new ClassPathOption();

    private FeatureTable table(Path file) throws IOException {
      SourcePath code = SourcePath.open(classpath.paths());
      Path rows = DatabaseFile.table(file, code);
      return new FeatureTable(TableSource.of(rows).requireReadable(false), view, entity, time);
    }
  }

  private Console console() {
    return Consoles.of(spec);
  }

  @Command(
      name = "load",
      description =
          "Adds the rows of a table to the store: the values of all other columns are features since"
              + " the time of the row. Loading the same rows again changes nothing.")
  void load(
      @Parameters(
              paramLabel = "FILE",
              description = "A table, a folder of tables, or a YAML file with a SQL query.")
          Path file,
      @Mixin Columns columns)
      throws IOException {
    FeatureTable table = columns.table(file);
    try (FeatureStore opened = DatabaseFile.featureStore(store, true)) {
      if (!(opened instanceof FeatureWriter writer)) {
        throw new InvalidSettings("The store %s does not support writing.", store);
      }
      console().print("%,d rows loaded: %s", table.load(writer), columns.view);
    }
  }

  @Command(name = "get", description = "Prints the newest features of an entity as JSON.")
  void get(
      @Parameters(paramLabel = "KEY", description = "The key of the entity.") String key,
      @Option(names = "--view", paramLabel = "NAME", required = true, description = VIEW)
          String view)
      throws IOException {
    EntityKey entity = new EntityKey(key);
    try (FeatureStore opened = DatabaseFile.featureStore(store, false)) {
      FeatureRow row =
          opened
              .getFeatures(List.of(entity), FeatureView.of(view, "key", List.of()))
              .join()
              .rows()
              .get(entity);
      if (row == null) {
        throw new InvalidSettings(
            "The store has no features \"%s\" of %s.", Excerpt.ofItem(view), Excerpt.ofItem(key));
      }
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("key", key);
      json.put("time", row.time().toString()).putObject("values").setAll(row.values());
      console().print("%s", json);
    }
  }

  @Command(
      name = "join",
      description =
          "Writes a table with the features that were known at the time of each row: those of the"
              + " newest event at or before it.")
  void join(
      @Parameters(
              paramLabel = "LABELS",
              description = "A table, a folder of tables, or a YAML file with a SQL query.")
          Path labels,
      @Mixin Columns columns,
      @Option(
              names = "--output",
              paramLabel = "FILE",
              required = true,
              description = "The new file: .csv, .jsonl or .parquet.")
          Path output)
      throws IOException {
    FeatureTable table = columns.table(labels);
    try (FeatureStore opened = DatabaseFile.featureStore(store, false)) {
      if (!(opened instanceof FeatureHistory history)) {
        throw new InvalidSettings(
            "The store %s keeps only the newest features; a join needs a store that also keeps"
                + " earlier ones, of type embedded or postgresql.",
            store);
      }
      long rows = TableFile.write(output, file -> table.join(history, file::add));
      console().print("%,d rows joined: %s", rows, output);
    }
  }
}
