package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;

/** What is reached of DJL by name, as it has no public way to it. */
final class DjlInternals {
  /** The arrays of a scope. */
  static final VarHandle SCOPE_ARRAYS = field(NDScope.class, "resources", IdentityHashMap.class);

  /** The memory of the JVM that an array borrows, or null. */
  static final VarHandle ARRAY_MEMORY = field(PtNDArray.class, "dataRef", ByteBuffer.class);

  private static final Object LIBRARY;
  private static final MethodHandle RUN;
  private static final MethodHandle VALUE;

  static {
    try {
      Class<?> library = Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
      LIBRARY = lookup(library).findStaticVarHandle(library, "LIB", library).get();
      RUN =
          lookup(library)
              .findVirtual(
                  library,
                  "moduleRunMethod",
                  MethodType.methodType(
                      long.class,
                      long.class,
                      String.class,
                      long[].class,
                      boolean.class,
                      boolean.class))
              .asType(
                  MethodType.methodType(
                      long.class,
                      Object.class,
                      long.class,
                      String.class,
                      long[].class,
                      boolean.class,
                      boolean.class));
      VALUE =
          lookup(IValue.class)
              .findConstructor(IValue.class, MethodType.methodType(void.class, long.class));
    } catch (ReflectiveOperationException e) {
      throw anotherVersion("ai.djl.pytorch.jni", e);
    }
  }

  private DjlInternals() {}

  /**
   * Calls a method of a module. {@link IValueUtils#runMethod} does it in libtorch's inference mode
   * alone, where nothing is recorded; an array that is made there may not be changed outside of it.
   *
   * @param recorded whether it is recorded where the thread records; if not, it is in that mode
   * @return a new value, to be closed
   */
  static IValue run(PtSymbolBlock module, String method, long[] arguments, boolean recorded) {
    try {
      return (IValue)
          VALUE.invokeExact(
              (long)
                  RUN.invokeExact(
                      LIBRARY, (long) module.getHandle(), method, arguments, recorded, false));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static VarHandle field(Class<?> owner, String name, Class<?> type) {
    try {
      return lookup(owner).findVarHandle(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw anotherVersion(owner.getName() + "." + name, e);
    }
  }

  private static MethodHandles.Lookup lookup(Class<?> owner) throws IllegalAccessException {
    return MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
  }

  private static IllegalStateException anotherVersion(String what, Exception cause) {
    return new IllegalStateException(
        "This is another version of DJL than 0.35.1: it lacks something of " + what + ".", cause);
  }
}
