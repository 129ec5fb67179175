package dev.counterpoint.core.data;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a trained model reads, what it returns, and how its outputs become predictions: {@value
 * #FILE} of a model folder, for {@code predict} and other programs.
 *
 * @param version the version of the format
 * @param decision {@code softmax}, {@code sigmoid} or {@code identity} for one row of outputs per
 *     example; {@code tokens} for the softmax of each token; {@code span} for the first and the
 *     last token of a part of the text; {@code next-token} and {@code masked-token} for logits over
 *     the vocabulary; null if the loss of the model does not declare it
 * @param threshold the probability from which a label of a {@code sigmoid} is predicted; null for
 *     other decisions, and if each label has its own
 * @param thresholds the probabilities from which the labels of a {@code sigmoid} are predicted;
 *     null if they are all the same
 * @param features the inputs that come from a feature store; null if there are none
 * @param versions the versions of the program and of its engine
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ModelSignature(
    int version,
    List<Field> inputs,
    List<Field> outputs,
    @Nullable String decision,
    @Nullable Double threshold,
    @Nullable Map<String, Double> thresholds,
    @Nullable List<FeatureView> features,
    @Nullable Map<String, String> versions) {
  /** The name of the signature file in a model folder. */
  public static final String FILE = "signature.json";

  private static final int VERSION = 2;

  /** The default threshold, for new models and for models without a signature. */
  public static final double THRESHOLD = 0.5;

  private static final int ANY = -1;

  public ModelSignature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    thresholds =
        thresholds == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(thresholds));
    features = features == null || features.isEmpty() ? null : List.copyOf(features);
    versions = versions == null ? null : new TreeMap<>(versions); // The file is reproducible.
  }

  /**
   * An input or an output of a model.
   *
   * @param type {@code text}, {@code image}, {@code number}, {@code class}, {@code classes}, {@code
   *     span}, {@code token}, or the type of a column
   * @param shape the sizes of its tensor, whose first is the batch; -1 for any size; of a text the
   *     maximum number of tokens
   * @param nullable whether a value may be missing
   * @param categories the values of a categorical column, or the labels in the order of the outputs
   * @param range the least and the greatest value in the training split
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Field(
      String name,
      String type,
      List<Integer> shape,
      boolean nullable,
      @Nullable List<String> categories,
      @Nullable List<@Nullable Double> range) {}

  /** A signature without a decision. */
  public static ModelSignature of(List<Field> inputs, List<Field> outputs) {
    return new ModelSignature(VERSION, inputs, outputs, null, null, null, null, null);
  }

  /**
   * The signature of a model for data without named columns.
   *
   * @param pairs whether the model reads pairs of texts
   */
  public static ModelSignature of(DataSpec data, boolean pairs) {
    List<String> labels = data.labels();
    List<Field> inputs = new ArrayList<>(inputs(data));
    if (pairs) {
      inputs.add(field("text2", "text", null, inputs.get(0).shape().toArray(Integer[]::new)));
    }
    return of(inputs, List.of(output(data.target(), labels, data.vocabularySize())));
  }

  private static List<Field> inputs(DataSpec data) {
    ImageSpec image = data.image();
    if (image != null) {
      return List.of(
          field("image", "image", null, ANY, image.channels(), image.height(), image.width()));
    }
    if (data.features() > 0) {
      return List.of(field("features", "number", null, ANY, data.features()));
    }
    int tokens = data.maxLength() == null ? ANY : data.maxLength();
    return data.target() == DataSpec.Target.SPAN
        ? List.of(
            field("question", "text", null, ANY, tokens),
            field("context", "text", null, ANY, tokens))
        : List.of(field("text", "text", null, ANY, tokens));
  }

  private static Field output(
      DataSpec.@Nullable Target target, List<String> labels, int vocabularySize) {
    if (target == null) {
      return field("outputs", "number", labels.isEmpty() ? null : labels, ANY, ANY);
    }
    return switch (target) {
      case CLASS -> field("label", "class", labels, ANY, labels.size());
      case CLASSES -> field("labels", "classes", labels, ANY, labels.size());
      case CLASS_PER_TOKEN -> field("tags", "class", labels, ANY, ANY, labels.size());
      case SPAN -> field("answer", "span", null, ANY, ANY, 2);
      case NEXT_TOKEN, MASKED_TOKEN -> field("token", "token", null, ANY, ANY, vocabularySize);
      case NUMBERS -> field("values", "number", null, ANY, Math.max(1, labels.size()));
    };
  }

  private static Field field(
      String name, String type, @Nullable List<String> categories, Integer... shape) {
    return new Field(name, type, List.of(shape), false, categories, null);
  }

  /**
   * Returns a copy with the decision of the target or of the loss, and with the thresholds of the
   * data.
   *
   * @param output how the loss of the model declares that its outputs become predictions: {@code
   *     softmax}, {@code sigmoid} or {@code identity}; null if it does not
   */
  public ModelSignature deciding(DataSpec data, @Nullable String output, Map<String, String> by) {
    DataSpec.Target target = data.target();
    String decided =
        target == DataSpec.Target.CLASS_PER_TOKEN
            ? "tokens"
            : target == DataSpec.Target.SPAN
                ? "span"
                : target == DataSpec.Target.NEXT_TOKEN
                    ? "next-token"
                    : target == DataSpec.Target.MASKED_TOKEN ? "masked-token" : output;
    List<Double> own = "sigmoid".equals(decided) ? data.thresholds() : null;
    Map<String, Double> byLabel = own == null ? null : new LinkedHashMap<>();
    for (int i = 0; own != null && byLabel != null && i < own.size(); i++) {
      byLabel.put(data.labels().get(i), own.get(i));
    }
    Double limit = own == null && "sigmoid".equals(decided) ? THRESHOLD : null;
    return new ModelSignature(VERSION, inputs, outputs, decided, limit, byLabel, features, by);
  }

  /** Returns a copy whose inputs in the columns of the views come from a feature store. */
  public ModelSignature withFeatures(List<FeatureView> views) {
    return RecordCopy.with(this, "features", views);
  }

  /** The minimum probability of a predicted label if labels do not exclude each other. */
  public double threshold(String label) {
    Double own = thresholds == null ? threshold : thresholds.get(label);
    return own == null ? THRESHOLD : own;
  }

  /**
   * Reads the signature of a model folder; empty for a folder of an earlier version, which has no
   * signature or one without the decision of the loss.
   *
   * @throws InvalidSettings if the file is damaged
   */
  public static Optional<ModelSignature> read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      ModelSignature signature =
          Json.MAPPER.treeToValue(AtomicFile.readJson(file), ModelSignature.class);
      return Optional.of(signature).filter(it -> it.version == VERSION);
    } catch (JacksonException e) {
      throw new InvalidSettings("%s does not describe a model: %s", file, Json.problem(e));
    }
  }

  /** Writes the signature to a file. */
  public void write(Path file) throws IOException {
    Files.write(file, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
  }
}
