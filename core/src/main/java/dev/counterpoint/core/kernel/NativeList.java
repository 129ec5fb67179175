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
 * A list of arrays that libtorch holds itself, so that a kernel is given all of them at once. To
 * Java it shows them one by one, when they are first asked for: the arrays of all parameters,
 * passed on from call to call, would otherwise be most of what Java does in the step of a small
 * model.
 */
public final class NativeList extends AbstractList<NDArray> implements AutoCloseable {
  private final IValue list;
  private @Nullable List<NDArray> arrays;
  private @Nullable PtNDManager memory;

  /** What a kernel has put out; it belongs to this list. */
  NativeList(IValue list) {
    this.list = list;
  }

  private NativeList(List<NDArray> arrays) {
    this(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
    this.arrays = List.copyOf(arrays);
  }

  /** A list of arrays that stay their owner's, and live longer than it. */
  public static NativeList of(List<NDArray> arrays) {
    return new NativeList(arrays);
  }

  /** A list that shares the memory of some arrays, which may be closed before it. */
  static NativeList sharing(List<NDArray> arrays) {
    return new NativeList(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
  }

  IValue value() {
    return list;
  }

  private List<NDArray> arrays() {
    if (arrays == null) {
      memory = (PtNDManager) Torch.newManager(Device.cpu());
      PtNDArray[] made = list.toTensorArray(memory);
      for (PtNDArray array : made) {
        NDScope.unregister(array);
      }
      arrays = List.of(made);
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

  /** Lets go of the list, and of the arrays that it has shown but was not given. */
  @Override
  public void close() {
    list.close();
    if (memory != null) {
      memory.close();
    }
  }
}
