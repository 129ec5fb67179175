package dev.counterpoint.runner.machine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.counterpoint.core.internal.storage.NativeFailure;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.strategies.internal.network.Daemon;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Starts the engine on a background thread while a command reads its settings. Loading libtorch
 * takes 0.3 seconds of disk and linker time, during which Java initialization can proceed.
 */
public final class EngineStart {
  private final FutureTask<Engine> loading = new FutureTask<>(Torch::engine);

  private EngineStart() {}

  /** Starts loading the engine; commands that need it call this first. */
  public static EngineStart begin() {
    EngineStart start = new EngineStart();
    Daemon.thread(start.loading, "engine start").start();
    return start;
  }

  /**
   * Waits for the engine. Gradient recording is then disabled on the calling thread until it is
   * enabled explicitly: libtorch enables it by default on every thread, and DJL disables it only on
   * the thread that loads the engine.
   *
   * @throws InvalidSettings if its libraries are not usable
   * @throws RunFailed if the engine does not start; the message contains a remedy
   */
  public Engine await() {
    try {
      Engine engine = Objects.requireNonNull(Uninterruptibles.getUninterruptibly(loading));
      JniUtils.setGradMode(false);
      return engine;
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof InvalidSettings refused) {
        throw refused;
      }
      throw new RunFailed(explain(failure), failure);
    }
  }

  private static String explain(Throwable failure) {
    return "the PyTorch engine does not start: "
        + NativeFailure.explain(failure)
            .orElseGet(() -> Throwables.getRootCause(failure).toString());
  }
}
