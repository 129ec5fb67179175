package dev.counterpoint.core.data;

import java.util.List;

/**
 * What a model must know of the data to be built.
 *
 * @param vocabularySize token ids lie from 0 to this, exclusive; 0 for data without tokens
 * @param paddingId the token id that fills short items
 * @param features numbers an item; 0 for data without {@link Batch#FEATURES}
 * @param labels the names of the classes, in the order of their numbers; empty where there are none
 */
public record DataSpec(int vocabularySize, int paddingId, int features, List<String> labels) {
  public DataSpec {
    labels = List.copyOf(labels);
  }

  /** Text of a vocabulary, to be put into classes. */
  public static DataSpec ofText(int vocabularySize, int paddingId, List<String> labels) {
    return new DataSpec(vocabularySize, paddingId, 0, labels);
  }

  /** Rows of numbers, to be put into classes. */
  public static DataSpec ofFeatures(int features, List<String> labels) {
    return new DataSpec(0, 0, features, labels);
  }
}
