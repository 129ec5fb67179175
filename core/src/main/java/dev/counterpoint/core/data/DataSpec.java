package dev.counterpoint.core.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model must know of the data to be built.
 *
 * @param vocabularySize token ids lie from 0 to this, exclusive; 0 for data without tokens
 * @param paddingId the token id that fills short items
 * @param features numbers an item; 0 for data without {@link Batch#FEATURES}
 * @param labels the names of the classes, in the order of their numbers; empty where there are none
 * @param maxLength the most tokens that an item has, where it is less than the model takes: a model
 *     that is used reads no more than it was trained with. Null where nothing is known of that
 */
public record DataSpec(
    int vocabularySize,
    int paddingId,
    int features,
    List<String> labels,
    @Nullable Integer maxLength) {
  public DataSpec {
    labels = List.copyOf(labels);
  }

  /** Whose items are of any length. */
  public DataSpec(int vocabularySize, int paddingId, int features, List<String> labels) {
    this(vocabularySize, paddingId, features, labels, null);
  }

  /** Text of a vocabulary, to be put into classes. */
  public static DataSpec ofText(int vocabularySize, int paddingId, List<String> labels) {
    return new DataSpec(vocabularySize, paddingId, 0, labels);
  }

  /** The same with items that were cut at so many tokens. */
  public DataSpec cutAt(int tokens) {
    return new DataSpec(vocabularySize, paddingId, features, labels, tokens);
  }

  /**
   * The most tokens of an item.
   *
   * @param model what the model takes
   */
  public int longest(int model) {
    return maxLength == null ? model : Math.min(maxLength, model);
  }

  /** Rows of numbers, to be put into classes. */
  public static DataSpec ofFeatures(int features, List<String> labels) {
    return new DataSpec(0, 0, features, labels);
  }
}
