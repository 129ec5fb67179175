package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Hashed embeddings of the n-grams that end at each position; for characters, they represent
 * spelling in context. There are far more n-grams than rows, so a hash selects the row and some
 * n-grams share one, as in the byte n-grams of the Byte Latent Transformer (Pagnoni et al. 2024,
 * section 3.2.1).
 *
 * <p>Unlike in the paper, the hash is a polynomial of the ids with a single multiplier, modulo the
 * number of rows, and each n-gram length has its own table of the same size. An n-gram covers only
 * earlier tokens and the current one, so a causal model may use it; positions before the first
 * token count as id 0.
 */
final class NgramEmbedding extends Layer {
  private static final long MULTIPLIER = 1_000_003;

  private final List<Embedding> tables;
  private final int rows;

  /**
   * Creates tables for 2-grams up to n-grams.
   *
   * @param maxLength n; 1 for no tables
   * @param rows rows of each table
   */
  NgramEmbedding(int maxLength, int rows, int width, double deviation) {
    this.rows = rows;
    tables =
        IntStream.range(1, maxLength).mapToObj(n -> new Embedding(rows, width, deviation)).toList();
  }

  /**
   * Adds the n-gram embeddings to token embeddings.
   *
   * @param x (batch, tokens, width)
   * @param ids (batch, tokens), int64
   * @return (batch, tokens, width)
   */
  NDArray addTo(NDArray x, NDArray ids) {
    NDArray hash = ids; // (batch, tokens)
    NDArray sum = x;
    for (int i = 0; i < tables.size(); i++) {
      // Reduced modulo the rows in each step, so that the product does not overflow int64.
      hash = hash.mul(MULTIPLIER).add(shift(ids, i + 1)).mod(rows);
      sum = sum.add(tables.get(i).forward(hash));
    }
    return sum;
  }

  /**
   * Shifts the ids to the right: each position gets the id that is {@code offset} positions before
   * it.
   */
  private static NDArray shift(NDArray ids, int offset) {
    Shape shape = ids.getShape();
    NDArray padding = ids.getManager().zeros(new Shape(shape.get(0), offset), DataType.INT64);
    return NDArrays.concat(new NDList(padding, ids), 1).get(":, :" + shape.get(1));
  }
}
