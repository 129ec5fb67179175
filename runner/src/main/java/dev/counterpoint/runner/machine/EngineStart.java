package dev.counterpoint.runner.machine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import dev.counterpoint.runner.RunFailed;
import java.nio.file.FileSystemException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Starts the engine on a thread of its own while a command reads its settings: loading libtorch is
 * 0.3 seconds of disk and linker in which the Java side of a start can go on.
 */
public final class EngineStart {
  private final FutureTask<Engine> loading = new FutureTask<>(Engine::getInstance);

  private EngineStart() {}

  /** Begins to load; a command that needs the engine calls this first. */
  public static EngineStart begin() {
    EngineStart start = new EngineStart();
    Thread thread = new Thread(start.loading, "engine start");
    thread.setDaemon(true);
    thread.start();
    return start;
  }

  /**
   * Waits for the engine. The calling thread then records no gradients until it asks for them:
   * libtorch has every thread record from its start, and DJL turns that off only on the one that
   * loads it.
   *
   * @throws RunFailed where the engine does not start, with what to do
   */
  public Engine await() {
    try {
      Engine engine = loading.get();
      JniUtils.setGradMode(false);
      return engine;
    } catch (ExecutionException failure) {
      throw new RunFailed(explain(failure), failure);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new RunFailed("stopped while the engine was starting", stop);
    }
  }

  private static String explain(Throwable failure) {
    Platform platform = Platform.detectPlatform("pytorch");
    if (platform.isPlaceholder() && Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH") == null) {
      return libraryMissing(platform.getClassifier(), platform.getVersion());
    }
    Throwable root = root(failure);
    String why = "the PyTorch engine does not start: " + root;
    return root instanceof FileSystemException
        ? why
            + "\nits library is unpacked into "
            + Utils.getEngineCacheDir()
            + "; set DJL_CACHE_DIR to a folder that can be written and has 0.5 GB free"
        : why;
  }

  static String libraryMissing(String classifier, String version) {
    return "no native library of PyTorch for "
        + classifier
        + " is on the class path\n"
        + "build on this kind of machine (mvn package), add -Dnative.classifier="
        + classifier
        + " where it is built elsewhere, or set PYTORCH_LIBRARY_PATH to a folder with libtorch "
        + version;
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = root; cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root;
  }
}
