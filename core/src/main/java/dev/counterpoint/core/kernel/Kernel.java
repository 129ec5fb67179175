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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Functions of libtorch that {@link NDArray} lacks, written as TorchScript: {@code NAME.py} beside
 * this class, packed and loaded at first use and kept for the life of the process.
 *
 * <p>The text is the dialect that {@code torch.jit.save} writes: Python with a type on every
 * argument, and {@code torch.NAME} for each operator of libtorch. libtorch runs it operator by
 * operator as written: its graph optimizer, which would rewrite a function after its first calls,
 * is switched off (a flag of the calling thread), so that every call gives the same bits.
 *
 * <p>An operator that changes a list of arrays in place must be given a list that the function was
 * called with; libtorch takes the call for dead code where the list was made in the text.
 *
 * <p>Any thread may call a kernel, several at once.
 */
public final class Kernel {
  /** Begins a text that uses the functions of others, which are named behind it. */
  private static final String WITH = "# with ";

  private static final Map<Source, Kernel> LOADED = new ConcurrentHashMap<>();

  private final PtSymbolBlock module;

  private Kernel(PtSymbolBlock module) {
    this.module = module;
  }

  /** What tells one loaded module from another. */
  private record Source(Class<?> owner, String name, Map<String, Object> constants) {}

  /** The kernel of that name, without constants. */
  public static Kernel load(String name) {
    return load(name, Map.of());
  }

  /**
   * The kernel of that name.
   *
   * @param constants attributes of {@code self} in the text: Double, Long, Boolean or String
   * @throws IllegalStateException with libtorch's message where the text does not load
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
        new Source(owner, name, Map.copyOf(constants)), source -> new Kernel(module(source)));
  }

  private static PtSymbolBlock module(Source source) {
    byte[] archive =
        ModuleArchive.pack(text(source.owner(), source.name()), new TreeMap<>(source.constants()));
    try {
      return JniUtils.loadModule(newManager(), new ByteArrayInputStream(archive), false, false);
    } catch (EngineException | IOException e) {
      throw new IllegalStateException(
          "Kernel " + source.name() + " does not load: " + e.getMessage(), e);
    }
  }

  private static String text(Class<?> owner, String name) {
    try (InputStream resource = owner.getResourceAsStream(name + ".py")) {
      if (resource == null) {
        throw new IllegalStateException("Kernel " + name + " does not load: no such text.");
      }
      String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      return text.startsWith(WITH)
          ? text
              + Arrays.stream(text.substring(WITH.length(), text.indexOf('\n')).split(", "))
                  .map(other -> text(owner, other))
                  .collect(Collectors.joining())
          : text;
    } catch (IOException e) {
      throw new IllegalStateException("Kernel " + name + " does not load: " + e.getMessage(), e);
    }
  }

  private static PtNDManager newManager() {
    return (PtNDManager) Torch.newManager(Device.cpu());
  }

  /**
   * Calls {@code forward}. It is recorded for the backward pass where the thread records. The
   * results belong to the manager of the first input, and to the thread's open scope.
   */
  public NDList apply(NDArray... inputs) {
    try (IValue result = call(true, "forward", (Object[]) inputs)) {
      return KernelResults.seen(result.toNDList((PtNDManager) inputs[0].getManager()));
    }
  }

  /**
   * Calls a function that changes arrays in place. Nothing is recorded.
   *
   * @param arguments each an NDArray, a list of them, a number, places (a BitSet) or a Boolean
   */
  public void run(String function, Object... arguments) {
    call(false, function, arguments).close();
  }

  /**
   * As {@link #run}, for a function that returns one float32 array, whose values are waited for.
   */
  public float[] compute(String function, Object... arguments) {
    try (PtNDManager local = newManager();
        IValue result = call(false, function, arguments)) {
      return result.toTensor(local).toFloatArray();
    }
  }

  /** As {@link #run}, for a function that returns a number. */
  public double number(String function, Object... arguments) {
    try (IValue result = call(false, function, arguments)) {
      return result.toDouble();
    }
  }

  /** As {@link #run}, for a function that returns places in a list. */
  public BitSet places(String function, Object... arguments) {
    try (IValue result = call(false, function, arguments)) {
      return places(result);
    }
  }

  private static BitSet places(IValue numbers) {
    BitSet places = new BitSet();
    for (long place : numbers.toLongArray()) {
      places.set((int) place);
    }
    return places;
  }

  /**
   * Calls a function that returns a list of arrays. It is recorded where the thread records.
   *
   * @param arguments as {@link #run} has them
   */
  public NativeList list(String function, Object... arguments) {
    return new NativeList(call(true, function, arguments));
  }

  /** Arrays of some places of a longer list, in its order. */
  public record Places(NativeList arrays, BitSet of) {}

  /** As {@link #list}, for a function that returns the places of the arrays as well. */
  public Places listWithPlaces(String function, Object... arguments) {
    try (IValue result = call(true, function, arguments)) {
      IValue[] pair = result.toIValueTuple();
      try (IValue places = pair[1]) {
        return new Places(new NativeList(pair[0]), places(places));
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
    } else if (argument instanceof BitSet places) {
      return IValue.listFrom(places.stream().asLongStream().toArray());
    } else if (argument instanceof Boolean flag) {
      return IValue.from((boolean) flag);
    }
    throw new IllegalArgumentException("A kernel takes no " + argument.getClass() + ".");
  }
}
