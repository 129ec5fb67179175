package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.Layer;

/** Embeddings of numeric features (Gorishniy, Rubachev and Babenko 2022, arXiv 2203.05556). */
public abstract class NumericEmbedding extends Layer {
  /**
   * Computes a vector for each feature.
   *
   * @param features (batch, features)
   * @return (batch, features, width)
   */
  public abstract NDArray forward(NDArray features);

  /** Settings of numeric embeddings; an implementation is a record. */
  public interface Config {
    /** Creates the embeddings of the numeric features of the data. */
    NumericEmbedding build(DataSpec data);

    /** The size of the vector of a feature. */
    int width();
  }
}
