package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.InvalidSettings;
import org.jspecify.annotations.Nullable;

/** Sizes of a model's first and last layer that depend on the data. */
public final class ModelLabels {
  private ModelLabels() {}

  /**
   * The number of labels of a classifier.
   *
   * @throws InvalidSettings if there are fewer than two
   */
  public static int count(DataSpec data) {
    if (data.labels().size() < 2) {
      throw new InvalidSettings(
          "A classifier needs at least two labels, but the data has " + data.labels() + ".");
    }
    return data.labels().size();
  }

  /**
   * The number of rows of the token embedding.
   *
   * @param requested the configured number; null for the vocabulary size of the data
   * @param model name for error messages, such as {@code A BERT}
   * @throws InvalidSettings if the data has larger ids than requested, or no tokens
   */
  public static int vocabulary(@Nullable Integer requested, DataSpec data, String model) {
    if (data.vocabularySize() < 1) {
      throw new InvalidSettings(model + " requires tokenized data, but this data has no tokens.");
    }
    if (requested != null && requested < data.vocabularySize()) {
      throw new InvalidSettings(
          "The tokenizer has ids up to "
              + (data.vocabularySize() - 1)
              + ", but the model's token embedding has only "
              + requested
              + " rows; use the tokenizer that the model was trained with.");
    }
    return requested == null ? data.vocabularySize() : requested;
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
