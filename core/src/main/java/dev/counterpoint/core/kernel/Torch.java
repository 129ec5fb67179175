package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The few calls that Counterpoint makes to libtorch beside the operators of {@link NDArray}:
 * seeding and autograd.
 *
 * <p>DJL's own {@code GradientCollector} is not used: one of them may be open in a JVM at a time,
 * and its {@code zeroGradients} never clears a NaN. Recording is a flag of the thread here, as in
 * PyTorch.
 */
public final class Torch {
  /** Any odd number would do: the generator takes the low 32 bits of a seed. */
  private static final long NEXT_SEED = 0x9E3779B97F4A7C15L;

  private static volatile long lastSeed;

  static {
    EngineLogging.quiet();
  }

  private Torch() {}

  /** Seeds the engine's generator: {@code torch.manual_seed}. It is one for the whole process. */
  public static void seed(long seed) {
    lastSeed = seed;
    JniUtils.setSeed(seed);
  }

  /**
   * Seeds the generator with what follows from its last seed, whatever was drawn since.
   *
   * @return the seed, to draw the same again
   */
  static long seedNext() {
    seed(lastSeed + NEXT_SEED);
    return lastSeed;
  }

  /** Records operations on this thread for {@link #backward}, until the result is closed. */
  public static Recording recordGradients() {
    return new Recording(true);
  }

  /** Records nothing on this thread until the result is closed: {@code torch.no_grad()}. */
  public static Recording noGradients() {
    return new Recording(false);
  }

  /**
   * Adds the gradients of a scalar to every leaf that it depends on: {@code Tensor.backward()}. It
   * does not see behind {@link #recomputed} parts.
   *
   * @param scalar ()
   */
  public static void backward(NDArray scalar) {
    try (NDArray one = scalar.onesLike()) {
      JniUtils.backward((PtNDArray) scalar, (PtNDArray) one, false, false);
    }
  }

  /**
   * The gradients of a scalar by some leaves: {@code torch.autograd.grad} with {@code
   * allow_unused}. The graph is freed.
   *
   * @param scalar ()
   * @return those of the leaves that the scalar depends on, each of its leaf's shape
   */
  public static Kernel.Places gradients(NDArray scalar, NativeList leaves) {
    ActivationCheckpoints parts = ActivationCheckpoints.ofThisThread();
    return parts == null || parts.isEmpty()
        ? Kernel.load("backward").listWithPlaces("gradients", scalar, leaves)
        : parts.gradients(scalar, leaves);
  }

  /**
   * As {@link #gradients(NDArray, NativeList)}, and closes first what kernels have put out in the
   * forward pass: libtorch keeps what the backward pass needs, and frees that piece by piece on its
   * way back, which it cannot where an array of Java's holds the same memory. So the gradients take
   * the place of the activations, as in Python, where the names of a {@code forward} are gone by
   * then. Where something is {@link #recomputed} nothing is closed, as it is needed to the end.
   *
   * @param recording the innermost of this thread
   */
  public static Kernel.Places gradients(NDArray scalar, NativeList leaves, Recording recording) {
    if (recording.parts == null || recording.parts.isEmpty()) {
      recording.results.closeAllBut(scalar);
    }
    return gradients(scalar, leaves);
  }

  /**
   * Applies a part of a recorded computation without keeping its inner arrays; {@link #gradients}
   * makes them again, with the same random numbers: {@code torch.utils.checkpoint} (Chen et al.
   * 2016). Where this thread records nothing, the part is simply applied.
   *
   * <p>The generator is seeded anew before the part. Two parts may not stand on one recorded array
   * that is no result of a part, as its graph is freed after the first.
   *
   * @param part computes its result from x, and from the leaves; called once more for the gradients
   * @param leaves what the gradients of the result reach beside x
   */
  public static NDArray recomputed(UnaryOperator<NDArray> part, NDArray x, List<NDArray> leaves) {
    ActivationCheckpoints parts = ActivationCheckpoints.ofThisThread();
    return parts == null || !JniUtils.isGradMode() ? part.apply(x) : parts.apply(part, x, leaves);
  }

  /** A new manager of native memory on no particular parent: whoever asks closes it. */
  public static NDManager newManager(ai.djl.Device device) {
    return NDManager.newBaseManager(device, "PyTorch");
  }

  /** The recording mode of one thread; closing it restores the mode before. */
  public static final class Recording implements AutoCloseable {
    private final boolean before = JniUtils.isGradMode();
    private final @Nullable ActivationCheckpoints partsBefore =
        ActivationCheckpoints.ofThisThread();
    private final @Nullable KernelResults resultsBefore = KernelResults.ofThisThread();
    private final KernelResults results = new KernelResults();
    private final @Nullable ActivationCheckpoints parts;

    private Recording(boolean on) {
      JniUtils.setGradMode(on);
      parts = on ? new ActivationCheckpoints() : partsBefore;
      ActivationCheckpoints.exchange(parts);
      KernelResults.exchange(on ? results : null);
    }

    @Override
    public void close() {
      JniUtils.setGradMode(before);
      ActivationCheckpoints.exchange(partsBefore);
      KernelResults.exchange(resultsBefore);
    }
  }
}
