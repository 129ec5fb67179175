package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.operator.EmbeddingKernel;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A vector for the few tokens that end at each place: for characters, what their spelling in
 * context says that single letters do not. There are far more n-grams than rows, so a hash picks
 * the row and some n-grams share one, as in the byte n-grams of the Byte Latent Transformer
 * (Pagnoni et al. 2024, section 3.2.1).
 *
 * <p>Unlike there, the hash is the polynomial of the ids with one multiplier, taken modulo the
 * rows, and each length of n-gram has a table of its own of the same size. An n-gram looks only
 * back, so a causal model may use it; before the first token stands id 0.
 */
final class NgramEmbedding extends Layer {
  private static final long MULTIPLIER = 1_000_003;

  private final List<Embedding> tables;
  private final int rows;

  /**
   * Tables for 2-grams up to n-grams.
   *
   * @param longest n; 1 for no table at all
   * @param rows of each table
   */
  NgramEmbedding(int longest, int rows, int width, double deviation) {
    this.rows = rows;
    tables =
        IntStream.range(1, longest)
            .mapToObj(n -> new Embedding(rows, width, EmbeddingKernel.NO_PADDING, deviation))
            .toList();
  }

  /**
   * Adds the vectors of the n-grams.
   *
   * @param x (batch, tokens, width)
   * @param ids (batch, tokens), int64
   */
  NDArray addTo(NDArray x, NDArray ids) {
    NDArray hash = ids; // (batch, tokens)
    NDArray sum = x;
    for (int i = 0; i < tables.size(); i++) {
      // Taken modulo the rows each time, so that no product leaves int64.
      hash = hash.mul(MULTIPLIER).add(before(ids, i + 1)).mod(rows);
      sum = sum.add(tables.get(i).forward(hash));
    }
    return sum;
  }

  /** At each place the token so many places before it. */
  private static NDArray before(NDArray ids, int places) {
    Shape shape = ids.getShape();
    NDArray start = ids.getManager().zeros(new Shape(shape.get(0), places), DataType.INT64);
    return NDArrays.concat(new NDList(start, ids), 1).get(":, :" + shape.get(1));
  }
}
