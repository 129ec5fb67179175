package dev.counterpoint.runner.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.source.DataSource;
import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.embedding.EmbeddingConfig;
import dev.counterpoint.core.model.head.HeadConfig;
import dev.counterpoint.core.model.initializer.InitializerConfig;
import dev.counterpoint.core.model.pooling.PoolingConfig;
import dev.counterpoint.core.model.position.PositionsConfig;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.training.StrategyConfig;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.models.tabular.NumericEmbedding;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.docs.ConfigKeys.Key;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.runner.wiring.RunFile;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Generator of {@code docs/reference.md}: every key of a run file with its type, default and
 * Javadoc, and every command with its options.
 */
final class Reference {
  /** The contracts of catalogs with the keys that name them, in the order of the document. */
  private static final Map<Class<?>, String> CONTRACTS = new LinkedHashMap<>();

  static {
    CONTRACTS.put(ModelConfig.class, "model");
    CONTRACTS.put(AttentionConfig.class, "model.attention");
    CONTRACTS.put(FeedForwardConfig.class, "model.feedForward");
    CONTRACTS.put(NormConfig.class, "model.norm");
    CONTRACTS.put(PositionsConfig.class, "model.positions");
    CONTRACTS.put(PoolingConfig.class, "model.pooling");
    CONTRACTS.put(InitializerConfig.class, "model.initializer");
    CONTRACTS.put(EmbeddingConfig.class, "model.embedding");
    CONTRACTS.put(HeadConfig.class, "model.head");
    CONTRACTS.put(NumericEmbedding.Config.class, "model.embedding");
    CONTRACTS.put(DataSource.class, "data");
    CONTRACTS.put(Loss.class, "loss");
    CONTRACTS.put(MetricConfig.class, "metrics");
    CONTRACTS.put(OptimizerConfig.class, "training.optimizer");
    CONTRACTS.put(Schedule.class, "training.schedule");
    CONTRACTS.put(StrategyConfig.class, "strategy");
    CONTRACTS.put(CallbackConfig.class, "callbacks");
    CONTRACTS.put(PredictionSettings.class, "prediction");
    CONTRACTS.put(FeatureStoreConfig.class, "features");
  }

  private final StringBuilder text = new StringBuilder();

  private Reference() {}

  static String generate() {
    return new Reference().document();
  }

  private String document() {
    line("# Reference");
    line("");
    line(
        "Every key of a run file, every built-in type and every command, generated from the source:");
    line("see [Contributing](../CONTRIBUTING.md#documentation).");
    line("");
    line(
        "A key must be given if its default is *required*; *none* means that it may be absent. In a");
    line(
        "catalog, `type` selects an entry by its short name or by a class name. `N` is an index from 0,");
    line(
        "`NAME` any name. `--set` uses the full path: `--set training.optimizer.learningRate=1e-3`.");
    runFile();
    requireAllCatalogs();
    catalogs();
    CONTRACTS.forEach(this::catalog);
    commands();
    return text.toString();
  }

  private static void requireAllCatalogs() {
    for (Catalog<?> catalog : Catalogs.all()) {
      if (!CONTRACTS.containsKey(catalog.contract())) {
        throw new IllegalStateException("Reference.CONTRACTS lacks " + catalog.contract() + ".");
      }
    }
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void runFile() {
    heading("## Run file");
    table("", ConfigKeys.of(RunFile.class).stream().filter(Reference::isTop).toList());
    heading("## `training`");
    table("training.", ConfigKeys.of(TrainingConfig.class));
    heading("## `checkpoint`");
    table("checkpoint.", ConfigKeys.of(CheckpointPolicy.class));
  }

  private static boolean isTop(Key key) {
    return !key.path().contains(".");
  }

  private void catalogs() {
    heading("## Catalogs");
    line("| key | built-in types |");
    line("| --- | --- |");
    CONTRACTS.forEach(
        (contract, key) ->
            line("| `%s`%s | %s |".formatted(key, place(contract), quoted(names(contract)))));
  }

  private static List<String> names(Class<?> contract) {
    return List.copyOf(ConfigKeys.catalog(contract).orElseThrow().names());
  }

  private static String quoted(List<String> names) {
    return names.stream().map(it -> "`" + it + "`").collect(Collectors.joining(", "));
  }

  private void catalog(Class<?> contract, String key) {
    Catalog<?> catalog = ConfigKeys.catalog(contract).orElseThrow();
    heading("## `" + key + "`" + place(contract));
    line(Javadoc.summary(contract));
    List<String> names = List.copyOf(catalog.names());
    List<Class<?>> records = List.copyOf(catalog.records());
    for (int i = 0; i < names.size(); i++) {
      heading("### `" + names.get(i) + "`");
      Class<?> outer = records.get(i).getEnclosingClass();
      boolean isOfOuter = outer != null && records.get(i).getSimpleName().equals("Config");
      line(Javadoc.summary(isOfOuter ? outer : records.get(i)));
      if (records.get(i).getRecordComponents().length > 0) {
        line("");
        table("", ConfigKeys.of(records.get(i)));
      }
    }
  }

  private static String place(Class<?> contract) {
    if (contract == NumericEmbedding.Config.class) {
      return " of tables";
    }
    return contract == PredictionSettings.class
        ? " in `model/config.json`"
        : contract == FeatureStoreConfig.class ? " in a file for `serve` or `--store`" : "";
  }

  private void heading(String heading) {
    line("");
    line(heading);
    line("");
  }

  private void table(String prefix, List<Key> keys) {
    line("| key | type | default | description |");
    line("| --- | --- | --- | --- |");
    keys.forEach(key -> line(row(prefix, key)));
  }

  private static String row(String prefix, Key key) {
    String former =
        key.formerName().map(name -> " (formerly `" + name + "`, still accepted)").orElse("");
    return "| `%s%s` | %s | %s | %s%s |"
        .formatted(prefix, key.path(), type(key.type()), standard(key), description(key), former);
  }

  private static String description(Key key) {
    String own = Javadoc.component(key.owner(), key.name());
    return own.isEmpty() ? Javadoc.summary(ConfigKeys.content(key.type())) : own;
  }

  private static String standard(Key key) {
    if (ConfigKeys.raw(key.type()).isRecord() && key.defaultValue().isPresent()) {
      return "see below";
    }
    return key.defaultValue()
        .map(value -> "`" + ConfigKeys.text(shortened(key, value)) + "`")
        .orElse(key.nullable() ? "none" : hasDefaults(key) ? "see below" : "required");
  }

  private static boolean hasDefaults(Key key) {
    Class<?> type = ConfigKeys.raw(key.type());
    return type.isRecord() && ConfigKeys.defaults(type) != null;
  }

  /** An entry of a catalog whose keys all have their defaults is its name. */
  private static JsonNode shortened(Key key, JsonNode value) {
    if (!(value instanceof ObjectNode node)
        || ConfigKeys.catalog(ConfigKeys.raw(key.type())).isEmpty()) {
      return value;
    }
    Catalog<?> catalog = ConfigKeys.catalog(ConfigKeys.raw(key.type())).get();
    int entry = List.copyOf(catalog.names()).indexOf(node.path("type").asText());
    Class<?> record = List.copyOf(catalog.records()).get(entry);
    boolean plain = record.getRecordComponents().length == 0;
    return plain || node.equals(ConfigKeys.defaults(record)) ? node.get("type") : node;
  }

  private static String type(Type type) {
    Class<?> raw = ConfigKeys.raw(type);
    Class<?> content = ConfigKeys.content(type);
    if (raw == List.class) {
      return "list of " + name(content);
    }
    return raw == Map.class ? name(content) + " by name" : name(content);
  }

  private static String name(Class<?> type) {
    if (type.isEnum()) {
      return quoted(ConfigKeys.constants(type));
    }
    if (CONTRACTS.containsKey(type)) {
      String key = CONTRACTS.get(type);
      String anchor = (key + place(type)).replaceAll("[./`]", "").replace(' ', '-');
      return "[" + key + "](#" + anchor.toLowerCase(Locale.ROOT) + ")";
    }
    return switch (type.getSimpleName()) {
      case "int", "Integer", "long", "Long" -> "integer";
      case "double", "Double" -> "number";
      case "boolean", "Boolean" -> "`true`, `false`";
      case "Duration" -> "duration, as `90s`, `1h30m` or `7d`";
      case "String" -> "text";
      default -> "keys below";
    };
  }

  private void commands() {
    heading("## Commands");
    line("Every command also has `--help`, `--version` and `--debug` (stack trace of an error).");
    Terminal.commandLine().getSubcommands().values().forEach(command -> command("", command));
  }

  private void command(String parent, CommandLine command) {
    CommandLine.Model.CommandSpec spec = command.getCommandSpec();
    if (spec.usageMessage().hidden()) {
      return;
    }
    String name = parent + spec.name();
    if (!command.getSubcommands().isEmpty()) {
      command.getSubcommands().values().forEach(inner -> command(name + " ", inner));
      return;
    }
    heading("### `" + name + "`");
    line(String.join(" ", spec.usageMessage().description()).replace("%%", "%"));
    line("");
    line("| argument | description |");
    line("| --- | --- |");
    for (PositionalParamSpec argument : spec.positionalParameters()) {
      line("| `%s` | %s |".formatted(argument.paramLabel(), text(argument.description())));
    }
    for (OptionSpec option : spec.options()) {
      if (!option.hidden() && !option.inherited() && !option.usageHelp() && !option.versionHelp()) {
        String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
        String standard = option.defaultValue() == null ? "" : option.defaultValue();
        line(
            "| `%s%s` | %s |"
                .formatted(
                    option.longestName(),
                    label,
                    text(option.description()).replace("${DEFAULT-VALUE}", standard)));
      }
    }
  }

  private static String text(String[] description) {
    return String.join(" ", description).replace("|", "\\|").replace("%%", "%");
  }
}
