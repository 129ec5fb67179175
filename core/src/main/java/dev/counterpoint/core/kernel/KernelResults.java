package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What kernels have put out while one thread recorded. Their memory is libtorch's own, which keeps
 * what the backward pass needs of it, so they may be closed before that; an array that was made
 * from Java's numbers may not, as nothing but it keeps its memory.
 */
final class KernelResults {
  private static final ThreadLocal<@Nullable KernelResults> OF_THREAD = new ThreadLocal<>();

  private final List<NDArray> arrays = new ArrayList<>();

  /** Those of the recording that this thread has open; null where it has none. */
  static @Nullable KernelResults ofThisThread() {
    return OF_THREAD.get();
  }

  static void exchange(@Nullable KernelResults results) {
    OF_THREAD.set(results);
  }

  /** Remembers them, if this thread records. */
  static NDList seen(NDList results) {
    KernelResults all = OF_THREAD.get();
    if (all != null) {
      all.arrays.addAll(results);
    }
    return results;
  }

  void closeAllBut(NDArray one) {
    for (NDArray array : arrays) {
      if (array != one) {
        array.close();
      }
    }
    arrays.clear();
  }
}
