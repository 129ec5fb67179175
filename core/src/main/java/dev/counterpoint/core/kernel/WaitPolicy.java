package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.internal.thread.OtherProcesses;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets the OpenMP threads of libtorch sleep instead of spin while other processes need the cores.
 *
 * <p>At the end of each parallel loop the threads wait for the slowest. Spinning is fastest on an
 * idle machine. But if another process takes a core, a spinning thread uses up the time that the
 * slowest thread needs to finish: training becomes 10 to 1,000 times slower. libgomp, the OpenMP
 * runtime of libtorch on Linux, reads its spin count only when it is loaded, but nearly stops
 * spinning while it has more threads than the process has cores ({@code gomp_managed_threads} and
 * {@code gomp_throttled_spin_count_var} in its {@code wait.h}). So this class adds idle teams of
 * threads while the machine is contended, and ends them afterwards. The number of threads that
 * compute stays the same, so no result changes.
 */
final class WaitPolicy {
  private static final int INTERVAL_MILLIS = 200;

  /** Elements for each thread of an elementwise operation; libtorch's grain size is 32,768. */
  private static final int GRAIN = 1 << 15;

  private static final AtomicBoolean ADAPTING = new AtomicBoolean();

  private final List<CountDownLatch> idleTeams = new ArrayList<>();

  /** Starts observing the machine, unless it is already observed. The engine must be loaded. */
  static void adapt() {
    if (ADAPTING.compareAndSet(false, true) && Runtime.getRuntime().availableProcessors() > 1) {
      start("openmp-wait-policy", WaitPolicy::observe);
    }
  }

  private static void observe() {
    OtherProcesses others = new OtherProcesses();
    WaitPolicy policy = new WaitPolicy();
    while (true) {
      try {
        Thread.sleep(INTERVAL_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      int threads = Torch.threads();
      if (others.contention(threads).isEmpty()) {
        policy.spin();
      } else {
        policy.sleep(threads, others.cores());
      }
    }
  }

  /** Lets waiting threads spin. */
  void spin() {
    idleTeams.forEach(CountDownLatch::countDown);
    idleTeams.clear();
  }

  /**
   * Lets waiting threads sleep, until {@link #spin}.
   *
   * @param threads the number of threads of an operation
   * @param cores the number of cores that this process may run on
   */
  void sleep(int threads, int cores) {
    if (idleTeams.isEmpty() && threads > 1) {
      int teams = Math.max(0, cores - threads) / (threads - 1) + 1;
      for (int team = 0; team < teams; team++) {
        idleTeams.add(startTeam(threads));
      }
    }
  }

  /** Starts a thread that owns an idle team of OpenMP threads until the latch is released. */
  private static CountDownLatch startTeam(int threads) {
    CountDownLatch end = new CountDownLatch(1);
    start(
        "openmp-idle-team",
        () -> {
          try (NDManager manager = NDManager.newBaseManager();
              NDArray array = manager.zeros(new Shape((long) threads * GRAIN))) {
            array.addi(1); // creates the team
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return end;
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
