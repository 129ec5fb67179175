package dev.counterpoint.models.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.InvalidSettings;
import org.jspecify.annotations.Nullable;

/** What a model's first and last layer take from its data. */
public final class ModelLabels {
  private ModelLabels() {}

  /**
   * Labels of a classifier.
   *
   * @throws InvalidSettings where there are fewer than two
   */
  public static int count(DataSpec data) {
    if (data.labels().size() < 2) {
      throw new InvalidSettings(
          "A classifier needs two labels at least, and this data has " + data.labels() + ".");
    }
    return data.labels().size();
  }

  /**
   * Rows of the token table.
   *
   * @param asked null for as many as the data has tokens
   * @param model as {@code A BERT}
   * @throws InvalidSettings where the data's ids go beyond those asked for, or it has no tokens
   */
  public static int vocabulary(@Nullable Integer asked, DataSpec data, String model) {
    if (data.vocabularySize() < 1) {
      throw new InvalidSettings(model + " reads tokens, and this data has none.");
    }
    if (asked != null && asked < data.vocabularySize()) {
      throw new InvalidSettings(
          "The tokenizer has ids up to "
              + (data.vocabularySize() - 1)
              + ", but the model's token table has "
              + asked
              + " rows; take the tokenizer that the model was trained with.");
    }
    return asked == null ? data.vocabularySize() : asked;
  }

  /** {@code id2label} and {@code label2id}, where there are labels. */
  public static void write(DataSpec data, ObjectNode config) {
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
