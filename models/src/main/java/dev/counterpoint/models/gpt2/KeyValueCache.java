package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Key-value cache for generation: the keys and values of all processed tokens, one pair per block,
 * so that each step computes only the new token. The arrays outlive the scopes of the steps;
 * closing the cache frees them.
 */
final class KeyValueCache implements AutoCloseable {
  private final List<@Nullable NDArray> keys = new ArrayList<>();
  private final List<@Nullable NDArray> values = new ArrayList<>();

  /**
   * Creates an empty cache.
   *
   * @param blocks number of blocks
   */
  KeyValueCache(int blocks) {
    for (int i = 0; i < blocks; i++) {
      keys.add(null);
      values.add(null);
    }
  }

  /**
   * Appends the keys and values of new tokens.
   *
   * @param key (batch, heads, new tokens, headWidth)
   * @param value (batch, heads, new tokens, headWidth)
   * @return all keys and all values so far, (batch, heads, tokens, headWidth)
   */
  NDList append(int block, NDArray key, NDArray value) {
    return new NDList(append(keys, block, key), append(values, block, value));
  }

  /** The cached keys of a block: (batch, heads, tokens, headWidth); null if empty. */
  @Nullable NDArray key(int block) {
    return keys.get(block);
  }

  /** The cached values of a block: (batch, heads, tokens, headWidth); null if empty. */
  @Nullable NDArray value(int block) {
    return values.get(block);
  }

  /** Replaces the keys and values of a block; the previous arrays are closed. */
  void replace(int block, NDArray key, NDArray value) {
    replace(keys, block, key);
    replace(values, block, value);
  }

  private static NDArray append(List<@Nullable NDArray> all, int block, NDArray newArray) {
    NDArray previous = all.get(block);
    return replace(
        all,
        block,
        previous == null
            ? newArray.duplicate()
            : NDArrays.concat(new NDList(previous, newArray), 2));
  }

  /**
   * Reorders the rows, as after a beam-search step.
   *
   * @param rows (new batch), int64: the previous index of each row
   */
  void reorder(NDArray rows) {
    for (List<@Nullable NDArray> all : List.of(keys, values)) {
      for (int i = 0; i < all.size(); i++) {
        NDArray previous = all.get(i);
        if (previous != null) {
          replace(all, i, previous.get(rows));
        }
      }
    }
  }

  private static NDArray replace(List<@Nullable NDArray> all, int block, NDArray replacement) {
    NDArray previous = all.set(block, replacement);
    NDScope.unregister(replacement);
    if (previous != null) {
      previous.close();
    }
    return replacement;
  }

  @Override
  public void close() {
    for (List<@Nullable NDArray> all : List.of(keys, values)) {
      for (NDArray array : all) {
        if (array != null) {
          array.close();
        }
      }
    }
  }
}
