package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.DataSpec.Target;
import dev.counterpoint.core.loss.BinaryCrossEntropy;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.MeanSquaredError;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Sizes of a model's first and last layer that depend on the data. */
public final class ModelLabels {
  private ModelLabels() {}

  /**
   * The number of outputs of a classifier or a regression: its labels or targets.
   *
   * @throws InvalidSettings if there are fewer than two labels, or no target
   */
  public static int count(DataSpec data) {
    if (data.labels().size() < (data.target() == Target.NUMBERS ? 1 : 2)) {
      throw new InvalidSettings(
          "A classifier needs at least two labels, but the data has %s.", data.labels());
    }
    return data.labels().size();
  }

  /**
   * The number of rows of the token embedding.
   *
   * @param requested the configured number; null for the vocabulary size of the data
   * @param model name for error messages, such as {@code A BERT}
   * @throws InvalidSettings if the data has larger ids than requested, no tokens, or other columns
   *     of a table
   */
  public static int vocabulary(@Nullable Integer requested, DataSpec data, String model) {
    if (data.vocabularySize() < 1) {
      throw new InvalidSettings("%s requires tokenized data, but this data has no tokens.", model);
    }
    if (data.table() != null && data.features() + data.table().cardinalities().size() > 0) {
      throw new InvalidSettings(
          "%s reads only the text of a table; use mlp or ft-transformer, or set the type of the other columns to \"ignore\".",
          model);
    }
    if (requested != null && requested < data.vocabularySize()) {
      throw new InvalidSettings(
          "The tokenizer has ids up to %s, but the model's token embedding has only %s rows "
              + "(vocab_size); use the tokenizer that the model was trained with.",
          data.vocabularySize() - 1, requested);
    }
    return requested == null ? data.vocabularySize() : requested;
  }

  /**
   * Checks that a model can learn the labels of the data.
   *
   * @param supported what the model predicts
   * @param model name for error messages, such as {@code A BERT}
   * @throws InvalidSettings if the data is known to have other labels
   */
  public static void requireTarget(DataSpec data, Target supported, Enum<?> task, String model) {
    Target target = data.target();
    boolean isClassifier =
        supported == Target.CLASS
            && (target == Target.CLASSES || (target == Target.NUMBERS && data.table() == null));
    if (target != null && target != supported && !isClassifier) {
      throw new InvalidSettings(
          "%s with model.task %s cannot be trained on this data, whose labels are %s. %s",
          model,
          task.name().toLowerCase(Locale.ROOT).replace('_', '-'),
          switch (target) {
            case CLASS -> "one class per text";
            case CLASSES -> "any number of classes per text";
            case CLASS_PER_TOKEN -> "one class per token";
            case NEXT_TOKEN -> "the next tokens";
            case MASKED_TOKEN -> "masked tokens";
            case SPAN -> "the first and the last token of an answer";
            case NUMBERS -> "numbers";
          },
          switch (target) {
            case CLASS, CLASSES -> "Set model.task to classification.";
            case CLASS_PER_TOKEN -> "Use bert with model.task token-classification.";
            case NEXT_TOKEN ->
                "Use gpt2 or transformer with model.task language-model: a model whose"
                    + " attention is not causal sees the tokens that it would predict.";
            case MASKED_TOKEN -> "Use bert with model.task language-model.";
            case SPAN -> "Use bert with model.task question-answering.";
            case NUMBERS ->
                data.table() == null
                    ? "Set model.task to classification."
                    : "Use mlp or ft-transformer.";
          });
    }
  }

  /**
   * The default loss of a classifier: binary cross-entropy for any number of classes per example,
   * the mean squared error for numbers, otherwise cross-entropy.
   */
  public static Loss loss(DataSpec data) {
    return data.target() == Target.CLASSES
        ? new BinaryCrossEntropy()
        : data.target() == Target.NUMBERS ? new MeanSquaredError() : CrossEntropy.defaults();
  }

  /** Writes {@code id2label} and {@code label2id}, if there are labels. */
  static void write(DataSpec data, ObjectNode config) {
    if (data.labels().isEmpty()) {
      return;
    }
    ObjectNode byId = config.putObject("id2label");
    ObjectNode byLabel = config.putObject("label2id");
    for (int i = 0; i < data.labels().size(); i++) {
      byId.put(Integer.toString(i), data.labels().get(i));
      byLabel.put(data.labels().get(i), i);
    }
  }
}
