package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of the tokens that a generation has read, a pair a block, so that each step
 * computes its new token only. The arrays outlive the scopes of the steps; closing frees them.
 */
final class KeyValueCache implements AutoCloseable {
  private final List<@Nullable NDArray> keys = new ArrayList<>();
  private final List<@Nullable NDArray> values = new ArrayList<>();

  /** An empty cache of so many blocks. */
  KeyValueCache(int blocks) {
    for (int i = 0; i < blocks; i++) {
      keys.add(null);
      values.add(null);
    }
  }

  /**
   * Adds the keys and values of new tokens.
   *
   * @param key (batch, heads, new tokens, headWidth)
   * @param value (batch, heads, new tokens, headWidth)
   * @return all keys and all values so far, (batch, heads, tokens, headWidth)
   */
  NDList append(int block, NDArray key, NDArray value) {
    return new NDList(append(keys, block, key), append(values, block, value));
  }

  /** The keys of a block so far: (batch, heads, tokens, headWidth); null before the first. */
  @Nullable NDArray key(int block) {
    return keys.get(block);
  }

  /** The values of a block so far: (batch, heads, tokens, headWidth); null before the first. */
  @Nullable NDArray value(int block) {
    return values.get(block);
  }

  /** Has other keys and values in the place of a block's, which are closed. */
  void replace(int block, NDArray key, NDArray value) {
    replace(keys, block, key);
    replace(values, block, value);
  }

  private static NDArray append(List<@Nullable NDArray> all, int block, NDArray added) {
    NDArray before = all.get(block);
    return replace(
        all,
        block,
        before == null ? added.duplicate() : NDArrays.concat(new NDList(before, added), 2));
  }

  /**
   * Makes other rows of it, as beams do that go on from each other.
   *
   * @param rows (new batch), int64: which row each is to be
   */
  void select(NDArray rows) {
    for (List<@Nullable NDArray> all : List.of(keys, values)) {
      for (int i = 0; i < all.size(); i++) {
        NDArray before = all.get(i);
        if (before != null) {
          replace(all, i, before.get(rows));
        }
      }
    }
  }

  private static NDArray replace(List<@Nullable NDArray> all, int block, NDArray now) {
    NDArray before = all.set(block, now);
    NDScope.unregister(now);
    if (before != null) {
      before.close();
    }
    return now;
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
