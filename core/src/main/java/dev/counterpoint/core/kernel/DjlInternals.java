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

/** Reflective access to members of DJL that have no public API. */
final class DjlInternals {
  /** The arrays of a scope. */
  static final VarHandle SCOPE_ARRAYS = field(NDScope.class, "resources", IdentityHashMap.class);

  /** The JVM memory that an array uses, or null. */
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
      throw unsupportedVersion("ai.djl.pytorch.jni", e);
    }
  }

  private DjlInternals() {}

  /**
   * Calls a method of a TorchScript module. {@link IValueUtils#runMethod} always uses libtorch's
   * inference mode, in which nothing is recorded and whose arrays must not be modified outside of
   * it.
   *
   * @param recorded whether the call is recorded if the thread records; otherwise it runs in
   *     inference mode
   * @return a new value, to be closed by the caller
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
      throw unsupportedVersion(owner.getName() + "." + name, e);
    }
  }

  private static MethodHandles.Lookup lookup(Class<?> owner) throws IllegalAccessException {
    return MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
  }

  private static IllegalStateException unsupportedVersion(String member, Exception cause) {
    return new IllegalStateException(
        "Unsupported DJL version: "
            + member
            + " lacks a required member; version 0.35.1 is required.",
        cause);
  }
}
