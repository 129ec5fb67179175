package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.RecordCopy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Properties of the data that a model needs to be built.
 *
 * @param vocabularySize the number of token ids, which range from 0 to this value, exclusive; 0 for
 *     data without tokens
 * @param paddingId the token id that pads short examples
 * @param features the number of features of an example; 0 for data without {@link Batch#FEATURES}
 * @param labels the class names in the order of their ids; empty if there are no classes
 * @param maxLength the maximum number of tokens of a training example, if it is less than the
 *     model's maximum: prediction truncates inputs to the length used in training. Null if unknown
 * @param beginId the token that begins a text; null if unknown
 * @param endIds the tokens that end a text; null for {@code paddingId}
 * @param target what the labels of an example are; null if unknown
 * @param table the encoded columns of a table; null for other data
 * @param image the size and normalization of images; null for other data
 * @param thresholds the probability from which each of the labels is predicted if they do not
 *     exclude each other; null for {@value ModelSignature#THRESHOLD}
 * @param scale the scale of numbers that the model predicts; null if its outputs are not
 *     standardized
 */
public record DataSpec(
    int vocabularySize,
    int paddingId,
    int features,
    List<String> labels,
    @Nullable Integer maxLength,
    @Nullable Integer beginId,
    @Nullable List<Integer> endIds,
    @Nullable Target target,
    @Nullable TableSpec table,
    @Nullable ImageSpec image,
    @Nullable List<Double> thresholds,
    @Nullable TargetScale scale) {
  /** What the labels of an example are. */
  public enum Target {
    /** One class per example. */
    CLASS,
    /** Any number of classes per example. */
    CLASSES,
    /** One class per token; some tokens have no class. */
    CLASS_PER_TOKEN,
    /** The next token of each token. */
    NEXT_TOKEN,
    /** The tokens that were selected for masking; all other tokens have no label. */
    MASKED_TOKEN,
    /** The first and the last token of a span of the text. */
    SPAN,
    /** One or several numbers per example, as in regression. */
    NUMBERS
  }

  public DataSpec {
    labels = List.copyOf(labels);
    new Checks()
        .notNegative("vocabularySize", vocabularySize)
        .notNegative("paddingId", paddingId)
        .notNegative("features", features)
        .distinct("labels", labels)
        .that(
            thresholds == null || thresholds.size() == labels.size(),
            "thresholds",
            String.valueOf(thresholds),
            "must be one number for each label")
        .verify();
  }

  /** Specification of tokenized text with class labels. */
  public static DataSpec ofText(int vocabularySize, int paddingId, List<String> labels) {
    return RecordCopy.of(
        DataSpec.class,
        Map.of("vocabularySize", vocabularySize, "paddingId", paddingId, "labels", labels));
  }

  /** Returns a copy without labels and their statistics, for a model that gets a new head. */
  public DataSpec withoutTarget() {
    Map<String, @Nullable Object> changes = new HashMap<>(Map.of("labels", List.of()));
    changes.put("thresholds", null);
    changes.put("scale", null);
    if (table != null) {
      changes.put(
          "table",
          RecordCopy.with(table, Map.of("targetMeans", List.of(), "targetDeviations", List.of())));
    }
    return RecordCopy.with(this, changes);
  }

  /** Returns a copy for examples truncated to the given number of tokens. */
  public DataSpec withMaxLength(int maxTokens) {
    return RecordCopy.with(this, "maxLength", maxTokens);
  }

  /** Returns a copy with the tokens that begin and end a text. */
  public DataSpec withSpecialTokens(int begin, List<Integer> end) {
    return RecordCopy.with(this, Map.of("beginId", begin, "endIds", end));
  }

  /** Returns a copy for examples with labels of the given kind. */
  public DataSpec predicting(Target kind) {
    return RecordCopy.with(this, "target", kind);
  }

  /**
   * Returns the maximum number of tokens of an example: the smaller of the data's and the model's
   * limit.
   *
   * @param modelMaxLength the maximum number of tokens that the model accepts
   */
  public int effectiveMaxLength(int modelMaxLength) {
    return maxLength == null ? modelMaxLength : Math.min(maxLength, modelMaxLength);
  }

  /** Specification of images with one class each. */
  public static DataSpec ofImages(ImageSpec image, List<String> labels) {
    return RecordCopy.of(
        DataSpec.class, Map.of("labels", labels, "target", Target.CLASS, "image", image));
  }

  /** Specification of rows of features with class labels. */
  public static DataSpec ofFeatures(int features, List<String> labels) {
    return RecordCopy.of(DataSpec.class, Map.of("features", features, "labels", labels));
  }
}
