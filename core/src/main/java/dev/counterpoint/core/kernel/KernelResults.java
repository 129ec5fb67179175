package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Outputs of kernels that one thread has called while it records gradients. Their memory belongs to
 * libtorch, which keeps what the backward pass needs, so they may be closed before the backward
 * pass. An array created from Java data may not: it holds the only reference to its memory.
 */
final class KernelResults {
  private static final ThreadLocal<@Nullable KernelResults> CURRENT = new ThreadLocal<>();

  private final List<NDArray> arrays = new ArrayList<>();

  /** The results of this thread's innermost recording; null if there is none. */
  static @Nullable KernelResults current() {
    return CURRENT.get();
  }

  static void setCurrent(@Nullable KernelResults results) {
    CURRENT.set(results);
  }

  /** Registers results if this thread records. */
  static NDList register(NDList results) {
    KernelResults recorded = CURRENT.get();
    if (recorded != null) {
      recorded.arrays.addAll(results);
    }
    return results;
  }

  void closeAllExcept(NDArray kept) {
    for (NDArray array : arrays) {
      if (array != kept) {
        array.close();
      }
    }
    arrays.clear();
  }
}
