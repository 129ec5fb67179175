package dev.counterpoint.strategies.distributed;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.counterpoint.core.settings.CacheFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The C functions of XGBoost's collective: {@code include/xgboost/c_api.h}. Each returns 0, or -1
 * with a message at {@link #XGBGetLastError}. The communicator belongs to the thread that created
 * it: a call from another thread returns 0 and does nothing.
 *
 * <p>XGBoost's Java class {@code Communicator} is not used: its {@code allReduce} ignores the
 * return code and continues with the numbers of this process alone.
 */
final class NativeRing {
  static final int FLOAT32 = 1;
  static final int SUM = 2;

  /**
   * Instead of RTLD_GLOBAL, the default of JNA: libtorch, loaded later, would use C++ symbols of
   * this library, and crash.
   */
  private static final int RTLD_NOW = 2;

  private NativeRing() {}

  static {
    Path library = RingLibrary.here().extractInto(CacheFolder.path());
    Map<String, Integer> options = Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW);
    Native.register(NativeRing.class, NativeLibrary.getInstance(library.toString(), options));
  }

  /** Loads the library, so that an unsupported machine fails before the run begins. */
  static void load() {}

  /** The last error on this thread; its lines lead from the failed call to the cause. */
  static String lastError() {
    List<String> lines =
        XGBGetLastError()
            .lines()
            .takeWhile(line -> !line.startsWith("Stack trace"))
            .map(line -> line.replaceFirst("^(- )?\\[[^\\]]*]:? ?", "").strip())
            .filter(line -> !line.isEmpty() && !line.startsWith("/workspace/"))
            .toList();
    return lines.isEmpty() ? "no reason was given" : String.join("; ", lines);
  }

  static native String XGBGetLastError();

  static native int XGTrackerCreate(String config, PointerByReference tracker);

  static native int XGTrackerRun(Pointer tracker, String config);

  static native int XGTrackerWorkerArgs(Pointer tracker, PointerByReference arguments);

  static native int XGTrackerWaitFor(Pointer tracker, String config);

  static native int XGTrackerFree(Pointer tracker);

  static native int XGCommunicatorInit(String config);

  static native int XGCommunicatorFinalize();

  static native int XGCommunicatorGetRank();

  static native int XGCommunicatorGetWorldSize();

  static native int XGCommunicatorAllreduce(Pointer numbers, long count, int type, int operation);

  static native int XGCommunicatorAllgather(Pointer parts, long bytesOfAll);

  static native int XGCommunicatorBroadcast(Pointer bytes, long count, int root);
}
