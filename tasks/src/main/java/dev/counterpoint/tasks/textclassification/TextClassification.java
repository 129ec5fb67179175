package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.EvaluationSource;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.metric.MetricConfig;
import dev.counterpoint.core.metric.MultiLabelClassification;
import dev.counterpoint.core.metric.RegressionMetrics;
import dev.counterpoint.core.metric.Spearman;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.table.TableFormat;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.LabelNumbers;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Data source for text classification: tables of texts with one label each. Formats: {@code .tsv}
 * (without quoting), {@code .csv} (RFC 4180), {@code .jsonl} and {@code .json}, each also with
 * {@code .gz} or {@code .zst}; {@code .parquet}; and SQL queries. The classes are the labels of the
 * training split. With {@code labelSeparator} or {@code labelColumns} a text has any number of
 * labels. With {@code text2} an example is a pair of texts. A regression predicts numbers, which
 * are standardized for the model.
 *
 * <p>An empty text is encoded as one unknown token.
 *
 * @param test a split that is not used during training
 * @param more additional splits by name
 * @param text the name of the text column; null to detect it
 * @param text2 the column with the second text of a pair; null for single texts
 * @param label the name of the label column; null to detect it
 * @param problem whether labels are classes or numbers
 * @param threshold the probability from which each of several labels of a text is predicted, or
 *     {@value #TUNE}: for each label that with the largest F1 on the validation split, found after
 *     training; null for {@value ModelSignature#THRESHOLD}
 * @param thresholds the probabilities from which single labels are predicted, instead of {@code
 *     threshold}
 * @param weight the column with the weights of the examples in the loss
 * @param balanceClasses whether the weight of a training example is inversely proportional to the
 *     number of examples of its class
 * @param classWeights the weights of training examples by class; 1 for other classes
 * @param header whether the first line of delimited tables names the columns
 * @param columnNames the names of the columns; null for those of the header or, without a header,
 *     for "column" and a number from 1
 * @param tokenizer the tokenizer settings; null for {@link TokenizerSettings#defaults()}
 * @param labelSeparator separates several labels of one text in the label column, such as a comma;
 *     null for one label per text
 * @param labelColumns columns of 0 and 1, one for each label, in the order of the labels; for a
 *     regression the columns of several numbers
 * @param maxLength the maximum number of tokens of an example, including special tokens; null for
 *     the model's maximum
 */
public record TextClassification(
    FileSplit train,
    @Nullable FileSplit validation,
    @Nullable FileSplit test,
    @Nullable Map<String, FileSplit> more,
    @Nullable String text,
    @Nullable String text2,
    @Nullable String label,
    Problem problem,
    @Nullable String labelSeparator,
    @Nullable List<String> labelColumns,
    @Nullable String threshold,
    @Nullable Map<String, Double> thresholds,
    @Nullable String weight,
    boolean balanceClasses,
    @Nullable Map<String, Double> classWeights,
    boolean header,
    @Nullable List<String> columnNames,
    @Nullable TokenizerSettings tokenizer,
    @Nullable Integer maxLength)
    implements EvaluationSource {
  private static final List<MetricConfig> REGRESSION =
      List.of(new RegressionMetrics.Pearson(), new Spearman(), new RegressionMetrics.R2());

  /** What the labels of a text are. */
  public enum Problem {
    /** One class, or any number of classes. */
    CLASSIFICATION,
    /** One or several numbers. */
    REGRESSION
  }

  private static final String TUNE = "tune";
  private static final List<String> RESERVED =
      List.of(DataSplits.TRAIN, DataSplits.VALIDATION, DataSplits.TEST);
  private static final Pattern NAME = Pattern.compile("[\\w-]+");

  public TextClassification {
    Checks checks = new Checks().positive("maxLength", maxLength);
    more = more == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(more));
    for (String name : more.keySet()) {
      checks.that(
          NAME.matcher(name).matches() && !RESERVED.contains(name),
          "more",
          "\"" + name + "\"",
          "is not a valid name for an additional split; use letters, digits, - and _, but not "
              + String.join(", ", RESERVED));
    }
    if (thresholds != null) {
      thresholds.forEach((each, value) -> checks.within("thresholds." + each, value, 0, 1));
    }
    LabelNumbers.check(checks, balanceClasses, classWeights);
    checks
        .that(
            (classWeights == null && !balanceClasses)
                || (problem == Problem.CLASSIFICATION
                    && labelSeparator == null
                    && labelColumns == null),
            classWeights == null ? "balanceClasses" : "classWeights",
            classWeights == null ? true : classWeights,
            "needs one class per text; set weight to a column instead")
        .that(
            labelSeparator == null || !labelSeparator.isEmpty(),
            "labelSeparator",
            "\"\"",
            "is empty")
        .that(
            labelColumns == null || (label == null && labelSeparator == null),
            "labelColumns",
            String.valueOf(labelColumns),
            "cannot be combined with label or labelSeparator")
        .that(
            problem != Problem.REGRESSION || labelSeparator == null,
            "labelSeparator",
            String.valueOf(labelSeparator),
            "cannot be combined with the problem regression")
        .that(
            labelColumns == null || new HashSet<>(labelColumns).size() > 1,
            "labelColumns",
            String.valueOf(labelColumns),
            "must be at least two columns")
        .that(
            (threshold == null && thresholds == null)
                || (problem != Problem.REGRESSION
                    && (labelSeparator != null || labelColumns != null)),
            threshold == null ? "thresholds" : "threshold",
            String.valueOf(threshold == null ? thresholds : threshold),
            "needs several labels per text: set labelSeparator or labelColumns")
        .that(
            threshold == null || threshold.equals(TUNE) || isProbability(threshold),
            "threshold",
            "\"" + threshold + "\"",
            "must be a number from 0 to 1, or " + TUNE)
        .that(
            !TUNE.equals(threshold) || (validation != null && thresholds == null),
            "threshold",
            TUNE,
            "needs a validation split, and cannot be combined with thresholds")
        .verify();
    new TableFormat(null, header, columnNames, false);
  }

  /** The defaults of optional settings; the training split has none. */
  public static TextClassification defaults() {
    return RecordCopy.of(
        TextClassification.class, Map.of("problem", Problem.CLASSIFICATION, "header", true));
  }

  /** A training and a validation table, with defaults for all other settings. */
  public static TextClassification of(String train, String validation) {
    return RecordCopy.with(
        defaults(), Map.of("train", new FileSplit(train), "validation", new FileSplit(validation)));
  }

  private static boolean isProbability(String text) {
    return text.matches("0|1|1\\.0*|0?\\.\\d+");
  }

  @Override
  public boolean tunesThresholds() {
    return TUNE.equals(threshold);
  }

  /** The thresholds of labels; null for the default. */
  private @Nullable List<Double> thresholds(List<String> labels, @Nullable DataSpec trained) {
    if (tunesThresholds()) {
      return trained == null ? null : trained.thresholds();
    }
    return threshold == null && thresholds == null
        ? null
        : LabelNumbers.of(
            "data.thresholds",
            thresholds == null ? Map.of() : thresholds,
            labels,
            threshold == null ? ModelSignature.THRESHOLD : Double.parseDouble(threshold));
  }

  /** The format of delimited tables. */
  TableFormat format() {
    return new TableFormat(null, header, columnNames, false);
  }

  /** Whether a text has any number of labels. */
  boolean hasSets() {
    return !isRegression() && (labelSeparator != null || labelColumns != null);
  }

  boolean isRegression() {
    return problem == Problem.REGRESSION;
  }

  /** The names of the numbers of a regression. */
  List<String> targets() {
    return labelColumns == null ? List.of(label == null ? "label" : label) : labelColumns;
  }

  List<String> labelColumnsOrEmpty() {
    return labelColumns == null ? List.of() : labelColumns;
  }

  /** The settings that select the content of a row, for a cache key. */
  List<@Nullable Object> columns() {
    return Arrays.asList(
        text, text2, label, problem, labelSeparator, labelColumns, weight, header, columnNames);
  }

  @Override
  public DataSplits open(DataContext context) throws IOException {
    Map<String, LabelledRows> rows = rows(splits(), context);
    return splits(
        context.trained() == null
            ? builder(rows, context)
            : trainedBuilder(rows, context.trained(), context),
        rows,
        context);
  }

  private CacheBuilder trainedBuilder(
      Map<String, LabelledRows> rows, DataSpec trained, DataContext context) throws IOException {
    return builder(rows, context)
        .forTrainedModel(
            TokenizerFolder.open(Objects.requireNonNull(context.tokenizer())), trained);
  }

  @Override
  public DataSplits openFile(String path, DataSpec trained, DataContext context)
      throws IOException {
    TextClassification unweighted = RecordCopy.with(this, "weight", null); // may have no weights
    Map<String, LabelledRows> rows = unweighted.rows(Map.of(SPLIT, new FileSplit(path)), context);
    return splits(trainedBuilder(rows, trained, context), rows, context);
  }

  private DataSplits splits(
      CacheBuilder builder, Map<String, LabelledRows> rows, DataContext context)
      throws IOException {
    TextCache cache = TextCache.open(context.cache(), builder);
    CacheContent content = cache.content();
    Tokenizer tokenizer = TokenizerFolder.open(cache.folder());
    List<String> notes = cache.notes(rows);
    if (builder.existingTokenizer() != null) {
      notes.addAll(builder.existingTokenizer().notes());
    }
    Map<String, @Nullable Object> properties = new HashMap<>();
    properties.put(
        "target",
        isRegression()
            ? DataSpec.Target.NUMBERS
            : hasSets() ? DataSpec.Target.CLASSES : DataSpec.Target.CLASS);
    properties.put("maxLength", builder.maxLength());
    properties.put("thresholds", thresholds(content.labels(), context.trained()));
    properties.put("scale", content.scale());
    DataSpec spec = RecordCopy.with(tokenizer.spec(content.labels()), properties);
    String separator = ",".equals(labelSeparator) ? null : labelSeparator;
    TextInput input = new TextInput(text, text2, header, columnNames, separator);
    return new DataSplits(
        spec,
        cache.datasets(rows, balanceClasses, classWeights),
        isRegression()
            ? MetricConfig.suppliers(REGRESSION, spec)
            : List.of(
                () ->
                    hasSets()
                        ? new MultiLabelClassification(spec)
                        : new Classification(content.labels())),
        content.fingerprint(),
        tokenizer.files(builder.maxLength()),
        notes,
        Samples.none(),
        input.equals(TextInput.defaults()) ? null : input);
  }

  /**
   * Returns the tables of the splits after checking that each can be opened.
   *
   * @throws InvalidSettings if files cannot be opened, with a problem for each
   */
  private Map<String, LabelledRows> rows(Map<String, FileSplit> splits, DataContext context)
      throws IOException {
    Map<String, LabelledRows> rows = new LinkedHashMap<>();
    List<InvalidSettings.Problem> problems = new ArrayList<>();
    for (Map.Entry<String, FileSplit> split : splits.entrySet()) {
      try {
        TableSource file = TableSource.open(split.getValue(), context).requireReadable(false);
        rows.put(split.getKey(), new LabelledRows(file, this));
      } catch (InvalidSettings e) {
        problems.addAll(e.problems());
      }
    }
    InvalidSettings.requireNone(problems);
    return rows;
  }

  private Map<String, FileSplit> splits() {
    Map<String, FileSplit> splits = DataSplits.named(train, validation, test);
    splits.putAll(more);
    return splits;
  }

  private CacheBuilder builder(Map<String, LabelledRows> rows, DataContext context)
      throws IOException {
    TokenizerSettings settings = tokenizer == null ? TokenizerSettings.defaults() : tokenizer;
    Tokenizer existing = TokenizerFolder.find(settings, context);
    int length =
        existing == null ? context.length(maxLength) : existing.limit(context.length(maxLength));
    // A pair needs [SEP] between its texts.
    TokenizerSettings framed = text2 == null ? settings : RecordCopy.with(settings, "frame", true);
    return new CacheBuilder(rows, framed, existing, length, null);
  }
}
