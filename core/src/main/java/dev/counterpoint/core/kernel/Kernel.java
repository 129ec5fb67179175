package dev.counterpoint.core.kernel;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

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
  /** Begins a text that uses the functions of another one, which is named behind it. */
  private static final String WITH = "# with ";

  private static final Map<Source, Kernel> LOADED = new ConcurrentHashMap<>();

  private final PtSymbolBlock module;

  private Kernel(PtSymbolBlock module) {
    this.module = module;
  }

  /** What tells one loaded module from another. */
  private record Source(String name, Map<String, Object> constants) {}

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
    return LOADED.computeIfAbsent(
        new Source(name, Map.copyOf(constants)), source -> new Kernel(module(source)));
  }

  private static PtSymbolBlock module(Source source) {
    byte[] archive = ModuleArchive.pack(text(source.name()), new TreeMap<>(source.constants()));
    try {
      return JniUtils.loadModule(newManager(), new ByteArrayInputStream(archive), false, false);
    } catch (EngineException | IOException e) {
      throw new IllegalStateException(
          "Kernel " + source.name() + " does not load: " + e.getMessage(), e);
    }
  }

  private static String text(String name) {
    try (InputStream resource = Kernel.class.getResourceAsStream(name + ".py")) {
      if (resource == null) {
        throw new IllegalStateException("Kernel " + name + " does not load: no such text.");
      }
      String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      return text.startsWith(WITH)
          ? text + text(text.substring(WITH.length(), text.indexOf('\n')))
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
    Arrays.stream(inputs).forEach(Kernel::checkName);
    JniUtils.setGraphExecutorOptimize(false);
    return KernelResults.seen(IValueUtils.forward(module, new NDList(inputs), true));
  }

  /** Calls {@code forward} with an array and a list of arrays. */
  NDList apply(NDArray first, List<NDArray> list) {
    NDList inputs = new NDList(list.size() + 1);
    inputs.add(first);
    inputs.addAll(list);
    list.forEach(array -> array.setName("list[]")); // so that DJL passes them as one argument
    try {
      JniUtils.setGraphExecutorOptimize(false);
      return IValueUtils.forward(module, inputs, true);
    } finally {
      list.forEach(array -> array.setName(null));
    }
  }

  /** DJL takes an input apart by its name, as {@code key.value} or {@code list[]}. */
  private static void checkName(NDArray input) {
    String name = input.getName();
    if (name != null && !name.chars().allMatch(Character::isJavaIdentifierPart)) {
      throw new IllegalArgumentException(
          "An input of a kernel may not be named \"" + name + "\"; set its name to null.");
    }
  }

  /**
   * Calls a function that changes arrays in place. Nothing is recorded.
   *
   * @param arguments each an NDArray, a list of them, a Double, a Long or a Boolean
   */
  public void run(String function, Object... arguments) {
    call(function, arguments).close();
  }

  /**
   * Calls a function that returns one float32 array, and waits for its values. Nothing is recorded.
   *
   * @param arguments each an NDArray, a list of them, a Double, a Long or a Boolean
   */
  public float[] compute(String function, Object... arguments) {
    try (PtNDManager local = newManager();
        IValue result = call(function, arguments)) {
      return result.toTensor(local).toFloatArray();
    }
  }

  private IValue call(String function, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = value(arguments[i]);
      }
      JniUtils.setGraphExecutorOptimize(false);
      return IValueUtils.runMethod(module, function, values);
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
    } else if (argument instanceof Boolean flag) {
      return IValue.from((boolean) flag);
    }
    throw new IllegalArgumentException("A kernel takes no " + argument.getClass() + ".");
  }
}
