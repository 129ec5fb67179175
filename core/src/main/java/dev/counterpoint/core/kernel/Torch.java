package dev.counterpoint.core.kernel;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Calls to libtorch that {@link NDArray} does not provide: seeding and autograd.
 *
 * <p>DJL's {@code GradientCollector} is not used: only one may be open per JVM, and its {@code
 * zeroGradients} never clears a NaN. Here, recording is a flag of the thread, as in PyTorch.
 */
public final class Torch {
  /**
   * Increment between seeds. Any odd number works: the generator uses the low 32 bits of a seed.
   */
  private static final long NEXT_SEED = 0x9E3779B97F4A7C15L;

  private static volatile long lastSeed;
  private static volatile boolean threadsLimited;
  private static volatile int threadsSet;

  static {
    EngineLogging.quiet();
  }

  private Torch() {}

  /**
   * Seeds the engine's generator: {@code torch.manual_seed}. There is one generator for the whole
   * process.
   */
  public static void seed(long seed) {
    lastSeed = seed;
    JniUtils.setSeed(seed);
  }

  /**
   * Reseeds the generator with a function of its last seed, independent of what was drawn since.
   *
   * @return the seed, to draw the same numbers again
   */
  static long seedNext() {
    seed(lastSeed + NEXT_SEED);
    return lastSeed;
  }

  /**
   * Starts recording operations on this thread for {@link #backward}, until the result is closed.
   */
  public static Recording recordGradients() {
    return new Recording(true);
  }

  /** Stops recording on this thread until the result is closed: {@code torch.no_grad()}. */
  public static Recording noGradients() {
    return new Recording(false);
  }

  /** Whether this thread records: {@code torch.is_grad_enabled()}. */
  public static boolean recordsGradients() {
    return JniUtils.isGradMode();
  }

  /**
   * Adds the gradients of a scalar to all leaves that it depends on: {@code Tensor.backward()}.
   * Does not support {@link #checkpoint}.
   *
   * @param scalar ()
   */
  public static void backward(NDArray scalar) {
    try (NDArray one = scalar.onesLike()) {
      JniUtils.backward((PtNDArray) scalar, (PtNDArray) one, false, false);
    }
  }

  /**
   * Computes the gradients of a scalar with respect to leaves: {@code torch.autograd.grad} with
   * {@code allow_unused}. The graph is freed.
   *
   * @param scalar ()
   * @return the gradients of the leaves that the scalar depends on, each of its leaf's shape
   */
  public static Kernel.IndexedArrays gradients(NDArray scalar, NativeList leaves) {
    ActivationCheckpoints checkpoints = ActivationCheckpoints.current();
    return checkpoints == null || checkpoints.isEmpty()
        ? Kernel.load("backward").listWithIndices("gradients", scalar, leaves)
        : checkpoints.gradients(scalar, leaves);
  }

  /**
   * Like {@link #gradients(NDArray, NativeList)}, but first closes the outputs of kernels in the
   * forward pass. libtorch keeps what the backward pass needs and frees it step by step during the
   * backward pass, which is impossible while a Java array references the same memory. So gradients
   * replace activations in memory, as in Python, where the local variables of a {@code forward} are
   * gone by then. With {@link #checkpoint}, nothing is closed, because the outputs are needed until
   * the end.
   *
   * @param recording the innermost recording of this thread
   */
  public static Kernel.IndexedArrays gradients(
      NDArray scalar, NativeList leaves, Recording recording) {
    if (recording.checkpoints == null || recording.checkpoints.isEmpty()) {
      recording.results.closeAllExcept(scalar);
    }
    return gradients(scalar, leaves);
  }

  /**
   * Runs a segment of a recorded computation without keeping its inner activations; {@link
   * #gradients} recomputes them with the same random numbers: {@code torch.utils.checkpoint} (Chen
   * et al. 2016). If this thread does not record, the segment is simply applied.
   *
   * <p>The generator is reseeded before the segment. Two segments must not depend on the same
   * recorded array unless it is the result of a segment, because its graph is freed after the
   * first.
   *
   * @param segment computes the result from x and the leaves; called once more in the backward pass
   * @param leaves arrays other than x that get gradients from the result
   */
  public static NDArray checkpoint(
      UnaryOperator<NDArray> segment, NDArray x, List<NDArray> leaves) {
    ActivationCheckpoints checkpoints = ActivationCheckpoints.current();
    return checkpoints == null || !JniUtils.isGradMode()
        ? segment.apply(x)
        : checkpoints.apply(segment, x, leaves);
  }

  /** Returns the number of threads of an operation: {@code torch.get_num_threads}. */
  public static int threads() {
    engine();
    return JniUtils.getNumThreads();
  }

  /** The engine; its native libraries are verified and loaded by the first call. */
  public static Engine engine() {
    NativeLibraries.load("pytorch", () -> Engine.getEngine("PyTorch"));
    return Engine.getEngine("PyTorch");
  }

  /** Sets the number of threads of an operation: {@code torch.set_num_threads}. */
  public static void setThreads(int threads) {
    newManager(ai.djl.Device.cpu()).close(); // has its own limit
    JniUtils.setNumThreads(threads);
    threadsSet = threads;
  }

  /**
   * The number of threads for other native code: that of {@link #setThreads}, otherwise {@code
   * OMP_NUM_THREADS}, otherwise the number of processors. Does not load the engine.
   */
  public static int configuredThreads() {
    String variable = System.getenv().getOrDefault("OMP_NUM_THREADS", "");
    return threadsSet > 0
        ? threadsSet
        : variable.matches("[1-9]\\d{0,2}")
            ? Integer.parseInt(variable)
            : Runtime.getRuntime().availableProcessors();
  }

  /** Creates a root manager of native memory; the caller closes it. */
  public static NDManager newManager(ai.djl.Device device) {
    engine();
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    if (!threadsLimited) {
      limitThreads();
      threadsLimited = true;
    }
    WaitPolicy.adapt();
    return manager;
  }

  /**
   * Opens a scope that frees the arrays created on this thread. Unlike a new {@link NDScope}, it
   * does not warn if there are none.
   */
  public static NDScope newScope() {
    NDScope scope = new NDScope();
    scope.suppressNotUsedWarning();
    return scope;
  }

  /**
   * Limits the threads of an operation to the processors that Java can use. libtorch itself counts
   * those of the machine, although a container may use fewer.
   */
  private static void limitThreads() {
    int processors = Runtime.getRuntime().availableProcessors();
    if (System.getenv("OMP_NUM_THREADS") == null && JniUtils.getNumThreads() > processors) {
      JniUtils.setNumThreads(processors);
    }
  }

  /** Recording mode of one thread; closing it restores the previous mode. */
  public static final class Recording implements AutoCloseable {
    private final boolean previousMode = JniUtils.isGradMode();
    private final @Nullable ActivationCheckpoints previousCheckpoints =
        ActivationCheckpoints.current();
    private final @Nullable KernelResults previousResults = KernelResults.current();
    private final KernelResults results = new KernelResults();
    private final @Nullable ActivationCheckpoints checkpoints;

    private Recording(boolean on) {
      JniUtils.setGradMode(on);
      checkpoints = on ? new ActivationCheckpoints() : previousCheckpoints;
      ActivationCheckpoints.setCurrent(checkpoints);
      KernelResults.setCurrent(on ? results : null);
    }

    @Override
    public void close() {
      JniUtils.setGradMode(previousMode);
      ActivationCheckpoints.setCurrent(previousCheckpoints);
      KernelResults.setCurrent(previousResults);
    }
  }
}
