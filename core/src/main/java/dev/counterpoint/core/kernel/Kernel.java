package dev.counterpoint.core.kernel;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import dev.counterpoint.core.internal.storage.Resource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Kernel written in TorchScript: functions of libtorch that {@link NDArray} lacks. The source
 * {@code NAME.py} is a resource next to this class; it is compiled and loaded at first use and kept
 * for the life of the process.
 *
 * <p>The source is in the dialect that {@code torch.jit.save} writes: Python with a type on every
 * argument, and {@code torch.NAME} for each libtorch operator. libtorch runs it operator by
 * operator as written: its graph optimizer, which would rewrite a function after its first calls,
 * is disabled (by a flag of the calling thread), so that every call gives the same bits.
 *
 * <p>An operator that modifies a list of arrays in place must receive a list that is an argument of
 * the function; libtorch eliminates the call as dead code if the list was created in the source.
 *
 * <p>Thread-safe; several threads may call a kernel at the same time.
 */
public final class Kernel {
  /**
   * Prefix of the first line of a source that uses functions of other sources, followed by their
   * names; {@code {NAME}} is the value of a constant.
   */
  private static final String DEPENDENCIES = "# with ";

  private static final Map<Key, Kernel> LOADED = new ConcurrentHashMap<>();

  private final PtSymbolBlock module;

  private Kernel(PtSymbolBlock module) {
    this.module = module;
  }

  /** Identifies a loaded module. */
  private record Key(Class<?> owner, String name, Map<String, Object> constants) {}

  /** Loads the kernel with the given name, without constants. */
  public static Kernel load(String name) {
    return load(name, Map.of());
  }

  /**
   * Loads the kernel with the given name.
   *
   * @param constants attributes of {@code self} in the source: Double, Long, Boolean or String
   * @throws IllegalStateException with libtorch's message if the source cannot be loaded
   */
  public static Kernel load(String name, Map<String, Object> constants) {
    return load(Kernel.class, name, constants);
  }

  /**
   * A kernel that is stored as a resource beside another class.
   *
   * @param owner the class whose resource {@code NAME.py} is loaded
   */
  public static Kernel load(Class<?> owner, String name) {
    return load(owner, name, Map.of());
  }

  private static Kernel load(Class<?> owner, String name, Map<String, Object> constants) {
    return LOADED.computeIfAbsent(
        new Key(owner, name, Map.copyOf(constants)), key -> new Kernel(module(key)));
  }

  private static PtSymbolBlock module(Key key) {
    byte[] archive = ModuleArchive.pack(source(key, key.name()), new TreeMap<>(key.constants()));
    try {
      return JniUtils.loadModule(newManager(), new ByteArrayInputStream(archive), false, false);
    } catch (EngineException | IOException e) {
      throw new IllegalStateException(
          "Cannot load kernel " + key.name() + ": " + e.getMessage(), e);
    }
  }

  private static String source(Key key, String reference) {
    String name =
        reference.startsWith("{")
            ? String.valueOf(key.constants().get(reference.substring(1, reference.length() - 1)))
            : reference;
    String source = Resource.read(key.owner(), name + ".py");
    return source.startsWith(DEPENDENCIES)
        ? source
            + Arrays.stream(
                    source.substring(DEPENDENCIES.length(), source.indexOf('\n')).split(", "))
                .map(other -> source(key, other))
                .collect(Collectors.joining())
        : source;
  }

  private static PtNDManager newManager() {
    return (PtNDManager) Torch.newManager(Device.cpu());
  }

  /**
   * Calls {@code forward}. The call is recorded for the backward pass if the thread records. The
   * results belong to the manager of the first input and to the thread's open scope.
   */
  public NDList apply(NDArray... inputs) {
    try (IValue result = call(true, "forward", (Object[]) inputs)) {
      return KernelResults.register(result.toNDList((PtNDManager) inputs[0].getManager()));
    }
  }

  /**
   * Calls a function that modifies arrays in place. Nothing is recorded.
   *
   * @param arguments each an NDArray, a list of NDArrays, a Double, a Long, indices (a BitSet) or a
   *     Boolean
   */
  public void run(String function, Object... arguments) {
    call(false, function, arguments).close();
  }

  /** Like {@link #run}, for a function that returns one float32 array. Waits for its values. */
  public float[] compute(String function, Object... arguments) {
    try (PtNDManager local = newManager();
        IValue result = call(false, function, arguments)) {
      return result.toTensor(local).toFloatArray();
    }
  }

  /** Like {@link #run}, for a function that returns a number. */
  public double number(String function, Object... arguments) {
    try (IValue result = call(false, function, arguments)) {
      return result.toDouble();
    }
  }

  /** Like {@link #run}, for a function that returns indices into a list. */
  public BitSet indices(String function, Object... arguments) {
    try (IValue result = call(false, function, arguments)) {
      return indices(result);
    }
  }

  private static BitSet indices(IValue numbers) {
    BitSet indices = new BitSet();
    for (long index : numbers.toLongArray()) {
      indices.set((int) index);
    }
    return indices;
  }

  /**
   * Calls a function that returns a list of arrays. The call is recorded if the thread records.
   *
   * @param arguments see {@link #run}
   */
  public NativeList list(String function, Object... arguments) {
    return new NativeList(call(true, function, arguments));
  }

  /** Arrays selected from a list, in its order, with their indices. */
  public record IndexedArrays(NativeList arrays, BitSet indices) {}

  /** Like {@link #list}, for a function that also returns the indices of the arrays. */
  public IndexedArrays listWithIndices(String function, Object... arguments) {
    try (IValue result = call(true, function, arguments)) {
      IValue[] pair = result.toIValueTuple();
      try (IValue indices = pair[1]) {
        return new IndexedArrays(new NativeList(pair[0]), indices(indices));
      }
    }
  }

  private IValue call(boolean recorded, String function, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      long[] handles = new long[values.length];
      for (int i = 0; i < values.length; i++) {
        if (arguments[i] instanceof NativeList list) {
          handles[i] = list.value().getHandle();
        } else {
          values[i] = value(arguments[i]);
          handles[i] = values[i].getHandle();
        }
      }
      JniUtils.setGraphExecutorOptimize(false);
      return DjlInternals.run(module, function, handles, recorded);
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof PtNDArray array) {
      return IValue.from(array);
    } else if (argument instanceof List<?> arrays) {
      return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    } else if (argument instanceof Double number) {
      return IValue.from((double) number);
    } else if (argument instanceof Long number) {
      return IValue.from((long) number);
    } else if (argument instanceof BitSet indices) {
      return IValue.listFrom(indices.stream().asLongStream().toArray());
    } else if (argument instanceof Boolean flag) {
      return IValue.from((boolean) flag);
    }
    throw new IllegalArgumentException(
        "Unsupported kernel argument of " + argument.getClass() + ".");
  }
}
