package dev.counterpoint.core.kernel;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.AbstractList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * List of arrays held by libtorch, so that a kernel receives all of them as one argument. The Java
 * arrays are created only when they are first accessed: passing the arrays of all parameters from
 * call to call would otherwise dominate the Java time of a small model's step.
 */
public final class NativeList extends AbstractList<NDArray> implements AutoCloseable {
  private final IValue list;
  private @Nullable List<NDArray> arrays;
  private @Nullable PtNDManager manager;

  /** Wraps the result of a kernel, which this list then owns. */
  NativeList(IValue list) {
    this.list = list;
  }

  private NativeList(List<NDArray> arrays) {
    this(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
    this.arrays = List.copyOf(arrays);
  }

  /** A list of existing arrays, which the caller owns and which must outlive the list. */
  public static NativeList of(List<NDArray> arrays) {
    return new NativeList(arrays);
  }

  /** A list that shares the memory of existing arrays, which can be closed before the list. */
  static NativeList sharing(List<NDArray> arrays) {
    return new NativeList(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
  }

  IValue value() {
    return list;
  }

  private List<NDArray> arrays() {
    if (arrays == null) {
      manager = (PtNDManager) Torch.newManager(Device.cpu());
      PtNDArray[] created = list.toTensorArray(manager);
      for (PtNDArray array : created) {
        NDScope.unregister(array);
      }
      arrays = List.of(created);
    }
    return arrays;
  }

  @Override
  public NDArray get(int index) {
    return arrays().get(index);
  }

  @Override
  public int size() {
    return arrays().size();
  }

  /** Closes the list and the Java arrays that it created. */
  @Override
  public void close() {
    list.close();
    if (manager != null) {
      manager.close();
    }
  }
}
