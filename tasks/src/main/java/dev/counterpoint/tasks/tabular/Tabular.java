package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.data.source.SplitShares;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.metric.RegressionMetrics;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import dev.counterpoint.tasks.table.SplitAssignment;
import dev.counterpoint.tasks.table.TableFormat;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.table.TableSplit;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Data source for tables: a class or numbers are predicted from the other columns. Formats: {@code
 * .csv}, {@code .tsv}, {@code .jsonl} and {@code .json}, each also with {@code .gz} or {@code
 * .zst}; {@code .parquet}; and SQL queries.
 *
 * <p>The types of the columns, the categories, and all statistics are those of the training split.
 *
 * @param test a split that is not used during training
 * @param split divides the training file if it is the only one
 * @param target the column to predict; numbers with a fraction, or more than 20 different ones, are
 *     a regression, unless its type is set in {@code columns}
 * @param targets several columns of numbers to predict
 * @param columns the types of columns; the types of others are inferred
 * @param weight the column with the weights of the examples in the loss
 * @param balanceClasses whether the weight of a training example is inversely proportional to the
 *     number of examples of its class
 * @param classWeights the weights of training examples by class; 1 for other classes
 * @param labels other names of classes, with the names to use
 * @param missing the texts that stand for a missing value
 * @param quantile whether numeric columns whose type is not set are transformed by their quantiles
 *     to a normal distribution; otherwise they are standardized
 * @param minimumCount the occurrences in the training split that a category needs; rarer ones share
 *     the id of unseen values
 * @param separator the character between fields; null to infer it from the extension
 * @param header whether the first line names the columns
 * @param columnNames the names of the columns; null for those of the header or, without a header,
 *     for "column" and a number from 1
 * @param trim whether white space around fields is removed
 * @param tokenizer the tokenizer settings of the column of type text; null for {@link
 *     TokenizerSettings#defaults()}
 * @param maxLength the maximum number of tokens of a text; null for 256
 * @param features the columns that a served model gets from a feature store; training reads them
 *     from the table
 */
public record Tabular(
    FileSplit train,
    @Nullable FileSplit validation,
    @Nullable FileSplit test,
    @Nullable TableSplit split,
    @Nullable String target,
    @Nullable List<String> targets,
    Map<String, ColumnType> columns,
    @Nullable String weight,
    boolean balanceClasses,
    @Nullable Map<String, Double> classWeights,
    Map<String, String> labels,
    List<String> missing,
    boolean quantile,
    int minimumCount,
    @Nullable String separator,
    boolean header,
    @Nullable List<String> columnNames,
    boolean trim,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength,
    @Nullable List<FeatureView> features)
    implements EvaluationSource {
  private static final int MAX_LENGTH = 256;
  private static final List<MetricConfig> REGRESSION =
      List.of(
          new RegressionMetrics.Rmse(), new RegressionMetrics.Mae(), new RegressionMetrics.R2());

  public Tabular {
    columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    labels = Collections.unmodifiableMap(new TreeMap<>(Map.copyOf(labels))); // hashed in this order
    missing = List.copyOf(missing);
    Checks checks =
        new Checks()
            .positive("minimumCount", minimumCount)
            .positive("maxLength", maxLength)
            .that(
                target == null || targets == null,
                "targets",
                String.valueOf(targets),
                "cannot be combined with target");
    LabelNumbers.check(checks, balanceClasses, classWeights);
    features = features == null ? null : List.copyOf(features);
    if (features != null) {
      features.forEach(
          it -> checks.that(!it.columns().isEmpty(), "features", it.name(), "has no columns"));
      checks
          .distinct("features", features.stream().map(FeatureView::name).toList())
          .distinct("features", features.stream().flatMap(it -> it.columns().stream()).toList());
    }
    if (split != null) {
      SplitShares.check(checks, "validation", split.validation(), validation);
      SplitShares.check(checks, "test", split.test(), test);
    }
    List<String> texts =
        columns.entrySet().stream()
            .filter(it -> it.getValue() == ColumnType.TEXT)
            .map(Map.Entry::getKey)
            .toList();
    checks
        .that(texts.size() < 2, "columns", texts, "are of type text; only one is allowed")
        .that(
            !texts.isEmpty() || (tokenizer == null && maxLength == null),
            tokenizer == null ? "maxLength" : "tokenizer",
            String.valueOf(tokenizer == null ? maxLength : tokenizer),
            "needs a column of type text in columns")
        .verify();
    if (!texts.isEmpty()) {
      tokenizer = tokenizer == null ? TokenizerSettings.defaults() : tokenizer;
      maxLength = maxLength == null ? (Integer) MAX_LENGTH : maxLength;
    }
    new TableFormat(separator, header, columnNames, trim);
  }

  /** The defaults of optional settings; the training split has none. */
  public static Tabular defaults() {
    return RecordCopy.of(
        Tabular.class,
        Map.of(
            "columns",
            Map.of(),
            "labels",
            Map.of(),
            "missing",
            List.of("", "NA", "N/A", "NaN", "nan", "null", "?"),
            "minimumCount",
            2,
            "header",
            true,
            "trim",
            true));
  }

  /** The columns to predict. */
  List<String> targetColumns() {
    if (targets != null && !targets.isEmpty()) {
      return targets;
    }
    if (target == null) {
      throw new InvalidSettings("data.target is missing; it must be the column to predict.");
    }
    return List.of(target);
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    targetColumns();
    Reading reading = new Reading(format(), missing, labels);
    TableSource file = file(train, context);
    SplitAssignment assignment = null;
    if (split != null) {
      String column = split.column() == null ? targetColumns().get(0) : split.column();
      TableSplit own = RecordCopy.with(split, "column", column);
      assignment = new SplitAssignment(file, format(), own, context.seed(), reading::value);
    }
    List<SplitTable> tables = new ArrayList<>();
    tables.add(new SplitTable(DataSplits.TRAIN, file, reading, assignment));
    add(DataSplits.VALIDATION, validation, tables, context);
    add(DataSplits.TEST, test, tables, context);
    Path model = context.tokenizer();
    DataSpec trained = context.trained();
    TabularSchema schema = trained == null || model == null ? null : schema(model, trained);
    return splits(tables, schema, context);
  }

  private void add(
      String name, @Nullable FileSplit own, List<SplitTable> tables, DataContext context)
      throws IOException {
    SplitTable whole = tables.get(0);
    Double share =
        split == null ? null : name.equals(DataSplits.TEST) ? split.test() : split.validation();
    if (own != null) {
      tables.add(new SplitTable(name, file(own, context), whole.reading(), null));
    } else if (share != null && share > 0) {
      tables.add(new SplitTable(name, whole.file(), whole.reading(), whole.assignment()));
    }
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    TabularSchema schema = schema(Objects.requireNonNull(context.tokenizer()), trained);
    TableSource file = file(new FileSplit(path), context);
    SplitTable table = new SplitTable(SPLIT, file, schema.reading(), null);
    Tabular unweighted = RecordCopy.with(this, "weight", null); // The file may have no weights.
    return unweighted.splits(List.of(table), schema, context);
  }

  /** The schema of a model, which the settings must not contradict. */
  private TabularSchema schema(Path model, DataSpec trained) throws IOException {
    TabularSchema schema = TabularSchema.read(model, trained);
    boolean newTarget = trained.labels().isEmpty();
    List<String> targets = targetColumns();
    Map<String, String> sameLabels = newTarget ? schema.reading().labels() : labels;
    boolean isSame =
        schema.reading().equals(new Reading(format(), missing, sameLabels))
            && (newTarget || schema.target().columns().equals(targets))
            && schema.columns().stream()
                .filter(it -> !targets.contains(it.name()))
                .allMatch(it -> columns.getOrDefault(it.name(), it.type()) == it.type());
    if (!isSame) {
      throw new InvalidSettings(
          "The model in %s was trained with different values of these settings, which cannot change: data.columns, data.missing, file format%s.",
          model, newTarget ? "" : ", data.target or data.labels");
    }
    return schema;
  }

  private DataSplits splits(
      List<SplitTable> tables, @Nullable TabularSchema trained, DataContext context)
      throws IOException {
    Tokenizer used = null;
    if (trained == null && tokenizer != null) {
      used = TokenizerFolder.find(tokenizer, context);
    } else if (trained != null && trained.tokens() != null) {
      used = TokenizerFolder.open(Objects.requireNonNull(context.tokenizer()));
    }
    Tabular limited =
        maxLength == null
            ? this
            : RecordCopy.with(this, "maxLength", Math.min(maxLength, context.maxLength()));
    TableBuilder builder = new TableBuilder(limited, tables, trained, context.hasNewTarget(), used);
    Path folder = context.cache().resolve("table-" + builder.key(context.seed()));
    TableContent content = CacheFolders.describe(folder, TableContent.class, builder::build);
    TabularSchema schema = content.schema();
    TabularSchema.Tokens tokens = schema.tokens();
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    for (SplitTable table : builder.splits()) {
      String name = table.name();
      List<Double> weights =
          name.equals(DataSplits.TRAIN) && schema.target().isClass()
              ? LabelNumbers.weights(
                  balanceClasses,
                  classWeights,
                  schema.target().labels(),
                  content.split(name).labelCounts())
              : List.<Double>of();
      datasets.put(name, new TabularDataset(table, folder, content, weights));
    }
    Map<String, DataSplits.ModelFile> files =
        tokens == null ? new HashMap<>() : TokenizerFolder.open(folder).files(tokens.maxLength());
    files.put(TabularSchema.FILE, path -> write(path, schema));
    files.put(ModelSignature.FILE, schema.signature().withFeatures(views(schema))::write);
    List<String> notes = new TableNotes(content).all();
    notes.add("encoded rows cached in " + folder);
    DataSpec spec = schema.spec();
    List<Supplier<Metric>> metrics =
        schema.target().isClass()
            ? List.of(() -> new Classification(spec.labels()))
            : MetricConfig.suppliers(REGRESSION, spec);
    return new DataSplits(
        spec, datasets, metrics, content.fingerprint(), files, notes, Samples.none(), null);
  }

  /** The key columns of the features. */
  List<String> featureKeys() {
    return features == null ? List.of() : features.stream().map(FeatureView::key).toList();
  }

  /** The columns that come from a feature store. */
  List<String> featureColumns() {
    return features == null
        ? List.of()
        : features.stream().flatMap(it -> it.columns().stream()).toList();
  }

  /** The features with the columns that the model reads. */
  private List<FeatureView> views(TabularSchema schema) {
    List<String> inputs = schema.inputs().stream().map(Column::name).toList();
    List<FeatureView> views = new ArrayList<>();
    for (FeatureView view : features == null ? List.<FeatureView>of() : features) {
      List<String> read = view.columns().stream().filter(inputs::contains).toList();
      Map<String, String> defaults = new LinkedHashMap<>(view.defaultValues());
      defaults.keySet().retainAll(read);
      if (!read.isEmpty()) {
        views.add(RecordCopy.with(view, Map.of("columns", read, "defaultValues", defaults)));
      }
    }
    return views;
  }

  private static void write(Path path, Object content) throws IOException {
    Files.write(path, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
  }

  private TableFormat format() {
    return new TableFormat(separator, header, columnNames, trim);
  }

  private static TableSource file(FileSplit split, DataContext context) throws IOException {
    return TableSource.open(split, context).requireReadable(false);
  }
}
