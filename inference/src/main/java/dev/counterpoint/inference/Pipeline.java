package dev.counterpoint.inference;

import ai.djl.Device;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.data.source.PredictionCodec;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.generation.Generator;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.huggingface.GenerationConfig;
import dev.counterpoint.tasks.imageclassification.ImageReader;
import dev.counterpoint.tasks.questionanswering.AnswerExtraction;
import dev.counterpoint.tasks.questionanswering.QuestionPredictor;
import dev.counterpoint.tasks.tabular.TabularRows;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.textclassification.TextInput;
import dev.counterpoint.tasks.tokenclassification.Entity;
import dev.counterpoint.tasks.tokenclassification.EntityPredictor;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trained model with everything that its predictions need: tokenizer, labels, decoding. Opened
 * from a run directory or a model folder. Thread-safe, except for {@link #close}.
 *
 * <pre>{@code
 * try (Pipeline pipeline = Pipeline.open(Path.of("runs/sentiment-20260101-120000"))) {
 *   System.out.println(pipeline.classify("A fine film.").label());
 * }
 * }</pre>
 *
 * <p>Methods that do not fit the {@link #kind} of the model throw {@link InvalidSettings}.
 */
public final class Pipeline implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
  private static final int DEFAULT_NEW_TOKENS = 100;

  /** What a model predicts. */
  public enum Kind {
    /** Probabilities of labels: {@link #classify}. */
    LABELS,
    /** Numbers, as of a regression: {@link #values}. */
    VALUES,
    /** Parts of a text that answer a question: {@link #answers}. */
    ANSWERS,
    /** Parts of a text with a type, such as names: {@link #entities}. */
    ENTITIES,
    /** The next tokens of a text: {@link #generate}. */
    TEXT,
    /** Results of a user-defined task: {@link #results}. */
    RESULTS
  }

  private final Path folder;
  private final ModelFolder.Config config;
  private final BaseModel model;
  private final TextInput input;
  private final Predictor predictor;
  private final @Nullable ModelSignature signature;
  private final boolean declared;
  private final OutputActivation activation;
  private final Kind kind;
  private final GenerationConfig generation;
  private final @Nullable TextEncoder encoder;
  private final @Nullable QuestionPredictor questions;
  private final @Nullable EntityPredictor entities;
  private final @Nullable TabularRows table;
  private volatile boolean closed;

  private Pipeline(Path folder, ModelFolder.Config config, BaseModel model) throws IOException {
    this.folder = folder;
    this.config = config;
    this.model = model;
    input = ModelFolder.textInput(config);
    predictor = new Predictor(model);
    signature = ModelSignature.read(folder).orElse(null);
    Optional<OutputActivation> output =
        declaredBy(signature)
            .or(() -> Optional.ofNullable(config.output()))
            .or(model::outputActivation);
    declared = output.isPresent() || model instanceof DecoderSession.Model;
    activation =
        output.orElse(
            declared || !labels().isEmpty() ? OutputActivation.SOFTMAX : OutputActivation.IDENTITY);
    kind = kindOf();
    generation = GenerationConfig.of(folder);
    int maxLength = config.data().effectiveMaxLength(config.model().maxLength());
    questions =
        kind == Kind.ANSWERS
            ? new QuestionPredictor(model, tokenizer(), maxLength, extraction(config))
            : null;
    entities =
        kind == Kind.ENTITIES ? new EntityPredictor(model, tokenizer(), maxLength, labels()) : null;
    table = config.data().table() != null ? TabularRows.open(folder, config.data()) : null;
    boolean readsText =
        config.data().features() == 0
            && config.data().image() == null
            && kind != Kind.RESULTS
            && questions == null
            && entities == null
            && table == null;
    int textLength = kind == Kind.TEXT ? config.model().maxLength() : maxLength;
    encoder = readsText ? new TextEncoder(tokenizer(), textLength) : null;
    if (kind != Kind.TEXT) { // The next token alone is a row, for which packing does not pay.
      model.packWeights();
    }
  }

  /**
   * Opens the model of a run directory or a model folder, on the CPU. Its own classes must be on
   * the class path of the program: code that the folder names is not loaded.
   *
   * @throws InvalidSettings if the folder contains no complete model, it was changed after it was
   *     saved, or it needs classes that do not exist
   */
  public static Pipeline open(Path directory) throws IOException {
    return open(directory, SourcePath.none(), name -> ModelHub.find(name, LOG::info));
  }

  /**
   * Opens the model of a run directory or a model folder.
   *
   * @param code classes beside those of the program
   * @param files returns the folder of an adapter's base model by path or hub name
   */
  public static Pipeline open(Path directory, SourcePath code, Function<String, Path> files)
      throws IOException {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(files, "files");
    Path folder = ModelFolder.within(directory);
    ModelFolder.Config config = ModelFolder.config(folder, new Binder(ModelCatalogs.all(), code));
    BaseModel model = ModelFolder.load(folder, config, Device.cpu(), files);
    try {
      return new Pipeline(folder, config, model);
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** The activation that is the decision of a signature; empty for other decisions. */
  private static Optional<OutputActivation> declaredBy(@Nullable ModelSignature signature) {
    return Arrays.stream(OutputActivation.values())
        .filter(it -> signature != null && it.name().equalsIgnoreCase(signature.decision()))
        .findFirst();
  }

  private Kind kindOf() {
    if (config.prediction() instanceof PredictionCodec) {
      return Kind.RESULTS;
    }
    boolean isBertForAnswers =
        config.model() instanceof BertConfig bert
            && bert.task() == BertConfig.Task.QUESTION_ANSWERING;
    if (isBertForAnswers || config.data().target() == DataSpec.Target.SPAN) {
      return Kind.ANSWERS;
    }
    if (config.data().target() == DataSpec.Target.CLASS_PER_TOKEN) {
      return Kind.ENTITIES;
    }
    if (activation == OutputActivation.IDENTITY) {
      return Kind.VALUES;
    }
    if (!labels().isEmpty()) {
      return Kind.LABELS;
    }
    return activation == OutputActivation.SOFTMAX && config.data().features() == 0
        ? Kind.TEXT
        : Kind.VALUES;
  }

  private static AnswerExtraction extraction(ModelFolder.Config config) {
    return config.prediction() instanceof AnswerExtraction settings
        ? settings
        : AnswerExtraction.bertDefaults();
  }

  /** The tokenizer of the folder, whose ids must not be larger than those of the model. */
  private Tokenizer tokenizer() throws IOException {
    if (!TokenizerFolder.isIn(folder)) {
      throw new InvalidSettings(
          "The model in " + folder + " has no tokenizer.json and cannot read text.");
    }
    Tokenizer tokenizer = TokenizerFolder.open(folder);
    int size = tokenizer.vocabularySize();
    if (size != config.data().vocabularySize()) {
      throw new InvalidSettings(
          "%s/tokenizer.json has ids up to %s, but the model was trained with ids up to %s.",
          folder, size - 1, config.data().vocabularySize() - 1);
    }
    return tokenizer;
  }

  /** The model folder. */
  public Path folder() {
    return folder;
  }

  /** What the model predicts. */
  public Kind kind() {
    return kind;
  }

  /** The settings from which the model was built. */
  public ModelFolder.Config config() {
    return config;
  }

  /** The labels in the order of the model's outputs; empty if it has none. */
  public List<String> labels() {
    return config.data().labels();
  }

  /** How outputs become predictions. */
  public OutputActivation activation() {
    return activation;
  }

  /**
   * The labels whose probability is at least their threshold, by descending probability, if labels
   * do not exclude each other; otherwise the most likely label.
   */
  public List<String> predicted(Prediction prediction) {
    ModelSignature decision = signature;
    return activation != OutputActivation.SIGMOID
        ? List.of(prediction.label())
        : IntStream.range(0, prediction.labels().size())
            .filter(
                i ->
                    prediction.probabilities().get(i)
                        >= (decision == null
                            ? ModelSignature.THRESHOLD
                            : decision.threshold(prediction.labels().get(i))))
            .mapToObj(prediction.labels()::get)
            .toList();
  }

  /** What the model reads and returns; empty for a folder of an earlier version. */
  public Optional<ModelSignature> signature() {
    return Optional.ofNullable(signature);
  }

  /** Whether the loss of the model declares {@link #activation}; otherwise it is a default. */
  public boolean isActivationDeclared() {
    return declared;
  }

  /** The defaults of text generation. */
  public GenerationConfig generation() {
    return generation;
  }

  /** The encoder of texts. */
  public TextEncoder encoder() {
    if (closed) {
      throw new IllegalStateException("The pipeline is closed.");
    }
    if (encoder == null) {
      throw new InvalidSettings("The model in " + folder + " does not read single texts.");
    }
    return encoder;
  }

  /** The label of a text, with the probabilities of all labels. */
  public Prediction classify(String text) {
    return classify(texts(Collections.singletonList(text))).get(0);
  }

  /**
   * The labels of examples.
   *
   * @param examples {@link #texts}, {@link #rows}, {@link #tableRows}, {@link #images} or {@link
   *     #tokens}
   */
  public List<Prediction> classify(TextEncoder.Encoded examples) {
    require(Kind.LABELS);
    if (Objects.requireNonNull(examples, "examples").truncated().isEmpty()) {
      return List.of();
    }
    return Prediction.of(outputs(examples), labels(), activation, examples.truncated());
  }

  /**
   * The values of examples, such as the targets of a regression: one row per example.
   *
   * @param examples {@link #texts}, {@link #rows}, {@link #tableRows}, {@link #images} or {@link
   *     #tokens}
   */
  public List<double[]> values(TextEncoder.Encoded examples) {
    require(Kind.VALUES);
    if (Objects.requireNonNull(examples, "examples").truncated().isEmpty()) {
      return List.of();
    }
    HostTensor outputs = outputs(examples);
    int width = outputs.floats().length / examples.truncated().size();
    return IntStream.range(0, examples.truncated().size())
        .mapToObj(i -> inUnits(activation.apply(outputs.floats(), i * width, width)))
        .toList();
  }

  /** Standardized outputs in the unit of the targets. */
  private double[] inUnits(double[] outputs) {
    TargetScale scale = config.data().scale();
    for (int i = 0; scale != null && i < outputs.length; i++) {
      outputs[i] = scale.value(i, outputs[i]);
    }
    return outputs;
  }

  /**
   * The most likely answers to questions, by descending probability.
   *
   * @param top the maximum number of answers to each question
   */
  public List<List<QuestionPredictor.Answer>> answers(
      List<QuestionPredictor.Input> inputs, int top) {
    require(Kind.ANSWERS);
    if (top < 1) {
      throw new InvalidSettings("The number of answers, " + top + ", must be 1 or greater.");
    }
    return Objects.requireNonNull(questions).answers(elements(inputs, "inputs"), top);
  }

  /** The most likely answer to a question about a text. */
  public QuestionPredictor.Answer answer(String question, String context) {
    Objects.requireNonNull(question, "question");
    Objects.requireNonNull(context, "context");
    return answers(List.of(new QuestionPredictor.Input(question, context)), 1).get(0).get(0);
  }

  /** The entities of each text, which is split into words by {@link EntityPredictor.Words#TEXT}. */
  public List<List<Entity>> entities(List<String> texts) {
    return entities(texts, EntityPredictor.Words.TEXT);
  }

  /** The entities of each text, in the order of the text. */
  public List<List<Entity>> entities(List<String> texts, EntityPredictor.Words split) {
    require(Kind.ENTITIES);
    Objects.requireNonNull(split, "split");
    return Objects.requireNonNull(entities).entities(elements(texts, "texts"), split);
  }

  /**
   * The results of a user-defined task, one for each text.
   *
   * @throws InvalidSettings if a text is not an input of the task
   */
  public List<Object> results(List<String> texts) {
    require(Kind.RESULTS);
    PredictionCodec codec = (PredictionCodec) Objects.requireNonNull(config.prediction());
    if (elements(texts, "texts").isEmpty()) {
      return List.of();
    }
    try {
      List<?> results = codec.decode(predictor.predict(codec.encode(texts, folder)));
      if (results.size() != texts.size()) {
        throw new InvalidSettings(
            "%s.decode returned %s results for %s examples.",
            codec.getClass().getName(), results.size(), texts.size());
      }
      return List.copyOf(results);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Continues a text with the settings of the folder's {@code generation_config.json}. */
  public String generate(String prompt) {
    Objects.requireNonNull(prompt, "prompt");
    GenerationConfig.Request request =
        new GenerationConfig.Request(null, null, null, null, null, null);
    Generator generator = generator(request, Set.of(), 0);
    return encoder()
        .decode(generator.generate(List.of(encoder().prompt(prompt)), (i, id) -> {}).get(0));
  }

  /**
   * A generator of tokens.
   *
   * @param request settings that replace those of {@code generation_config.json}
   * @param stop tokens that end a text beside those of the tokenizer
   * @param seed seed for sampling
   */
  public Generator generator(GenerationConfig.Request request, Set<Long> stop, long seed) {
    require(Kind.TEXT);
    Objects.requireNonNull(request, "request");
    if (!(model instanceof DecoderSession.Model languageModel)) {
      throw new InvalidSettings(
          "The model in " + folder + " cannot generate text; a gpt2 language model is required.");
    }
    Set<Long> stopTokens = new HashSet<>(encoder().file().stopTokens());
    stopTokens.addAll(Objects.requireNonNull(stop, "stop"));
    return new Generator(
        languageModel,
        generation.settings(request, DEFAULT_NEW_TOKENS, stopTokens, seed),
        generation.maxLength(request, config.model().maxLength()),
        Device.cpu());
  }

  /** Encodes texts for a model that reads single texts. */
  public TextEncoder.Encoded texts(List<String> texts) {
    requirePairs(false);
    return encoder().encoded(elements(texts, "texts"));
  }

  /**
   * Encodes pairs of texts, for a model that was trained on pairs.
   *
   * @param seconds the second text of each pair
   */
  public TextEncoder.Encoded pairs(List<String> texts, List<String> seconds) {
    requirePairs(true);
    if (elements(texts, "texts").size() != elements(seconds, "seconds").size()) {
      throw new InvalidSettings(
          "There are %s first and %s second texts.", texts.size(), seconds.size());
    }
    return encoder().encoded(texts, seconds);
  }

  private void requirePairs(boolean pairs) {
    if (pairs != (input.text2() != null)) {
      throw new InvalidSettings(
          pairs
              ? "The model in %s reads single texts, not pairs."
              : "The model in %s reads pairs of texts.",
          folder);
    }
  }

  /** Where the model finds its texts in a table. */
  public TextInput input() {
    return input;
  }

  /** The columns of a model for tables; empty for other models. */
  public Optional<TabularRows> table() {
    return Optional.ofNullable(table);
  }

  /**
   * Rows of named values for a model for tables, encoded as its training data was.
   *
   * @throws InvalidSettings if a row does not fit the columns, or the model is not for tables
   */
  public TextEncoder.Encoded tableRows(
      List<? extends Map<String, ? extends @Nullable Object>> rows) {
    if (table == null) {
      throw new InvalidSettings("The model in " + folder + " does not read tables.");
    }
    return table.encoded(rows);
  }

  /**
   * PNG and JPEG files for a model that reads images, resized and normalized as its training data.
   *
   * @throws InvalidSettings if a file is not a complete image, or the model reads no images
   */
  public TextEncoder.Encoded images(List<Path> files) {
    if (config.data().image() == null) {
      throw new InvalidSettings("The model in " + folder + " does not read images.");
    }
    return untruncated(new ImageReader(config.data().image()).batch(elements(files, "files")));
  }

  /** Rows with one number for each feature of the model. */
  public TextEncoder.Encoded rows(List<float[]> rows) {
    if (table != null) {
      throw new InvalidSettings("The model in " + folder + " reads rows of named values.");
    }
    int features = config.data().features();
    float[] all = new float[elements(rows, "rows").size() * features];
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).length != features) {
        throw new InvalidSettings(
            "Row %s has %s numbers, but the model in %s has %s features.",
            i, rows.get(i).length, folder, features);
      }
      for (int j = 0; j < features; j++) {
        all[i * features + j] = rows.get(i)[j];
        if (!Float.isFinite(rows.get(i)[j])) {
          throw new InvalidSettings(
              "Row %s has %s in column %s, which is not finite.", i, rows.get(i)[j], j);
        }
      }
    }
    return untruncated(
        HostBatch.of(
            rows.size(), Map.of(Batch.FEATURES, HostTensor.of(all, rows.size(), features))));
  }

  /** Token ids from a tokenizer of the caller. */
  public TextEncoder.Encoded tokens(List<long[]> rows) {
    int size = config.data().vocabularySize();
    int maxLength = config.data().effectiveMaxLength(config.model().maxLength());
    if (config.data().features() > 0 || table != null) {
      throw new InvalidSettings("The model in " + folder + " reads features, not tokens.");
    }
    for (long[] row : elements(rows, "rows")) {
      if (row.length > maxLength) {
        throw new InvalidSettings(
            "A row has %s token ids; the maximum of the model is %s.", row.length, maxLength);
      }
      if (row.length == 0 || LongStream.of(row).anyMatch(id -> id < 0 || id >= size)) {
        throw new InvalidSettings(
            "A row of token ids must not be empty, and its ids must be from 0 to %s: %s",
            size - 1, Excerpt.of(Arrays.toString(row)));
      }
    }
    return untruncated(
        new HostBatch(
            rows.size(), TokenRows.count(rows), TokenRows.pad(rows, config.data().paddingId())));
  }

  /** The argument of a name, after a check that neither it nor an element is null. */
  private static <T> List<T> elements(List<T> argument, String name) {
    for (int i = 0; i < Objects.requireNonNull(argument, name).size(); i++) {
      Objects.requireNonNull(argument.get(i), name + "[" + i + "]");
    }
    return argument;
  }

  /**
   * Joins encoded examples into one batch, for one forward pass.
   *
   * @param parts at least one
   */
  public TextEncoder.Encoded batch(List<TextEncoder.Encoded> parts) {
    int padding = encoder == null ? config.data().paddingId() : encoder.file().special().padding();
    return new TextEncoder.Encoded(
        HostBatch.concatenate(
            elements(parts, "parts").stream().map(TextEncoder.Encoded::batch).toList(), padding),
        parts.stream().flatMap(it -> it.truncated().stream()).toList());
  }

  private static TextEncoder.Encoded untruncated(HostBatch batch) {
    return new TextEncoder.Encoded(batch, Collections.nCopies(batch.size(), false));
  }

  /**
   * The outputs of the model, before {@link #activation}: (examples) or (examples, outputs); (0)
   * for no examples.
   *
   * @throws InvalidSettings if they have another shape, or are not finite
   */
  public HostTensor outputs(TextEncoder.Encoded examples) {
    if (Objects.requireNonNull(examples, "examples").truncated().isEmpty()) {
      return HostTensor.of(new float[0], 0);
    }
    HostTensor output = predictor.predict(examples.batch());
    long size = output.shape().dimension() == 0 ? 0 : output.shape().get(0);
    if (size != examples.truncated().size() || output.shape().dimension() > 2) {
      throw new InvalidSettings(
          "The output of the model has shape %s; predictions need (examples) or (examples, outputs).",
          output.shape());
    }
    return output;
  }

  private void require(Kind required) {
    if (closed) {
      throw new IllegalStateException("The pipeline is closed.");
    }
    if (kind != required) {
      throw new InvalidSettings(
          "The model in %s predicts %s, not %s.",
          folder, kind.name().toLowerCase(Locale.ROOT), required.name().toLowerCase(Locale.ROOT));
    }
  }

  /** Frees the memory of the model. No other thread may use it any longer. */
  @Override
  public void close() {
    try (model;
        table;
        entities;
        questions;
        encoder) {
      closed = true;
    }
  }
}
