package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.operator.AttentionKernel.KeysValues;
import org.jspecify.annotations.Nullable;

/**
 * Key-value cache of one block for generation: the keys and values of all processed tokens, so that
 * each step computes only the new token. The arrays outlive the scopes of the steps; closing the
 * cache frees them.
 */
final class KeyValueCache implements AutoCloseable {
  private @Nullable KeysValues all;

  /** The keys and values of all processed tokens; null if there are none. */
  @Nullable KeysValues get() {
    return all;
  }

  /** Replaces the keys and values; the previous arrays are closed. */
  void replace(KeysValues next) {
    NDScope.unregister(next.keys(), next.values());
    close();
    all = next;
  }

  /**
   * Reorders the rows, as after a beam-search step.
   *
   * @param rows (new batch), int64: the previous index of each row
   */
  void reorder(NDArray rows) {
    if (all != null) {
      replace(new KeysValues(all.keys().get(rows), all.values().get(rows)));
    }
  }

  @Override
  public void close() {
    if (all != null) {
      all.keys().close();
      all.values().close();
    }
  }
}
