package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
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
  private Torch() {}

  /** Seeds the engine's generator: {@code torch.manual_seed}. It is one for the whole process. */
  public static void seed(long seed) {
    JniUtils.setSeed(seed);
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
   * Adds the gradients of a scalar to every leaf that it depends on: {@code Tensor.backward()}.
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
   * @return one for each leaf, of its shape; (0) where the scalar does not depend on it
   */
  public static NDList gradients(NDArray scalar, List<NDArray> leaves) {
    return Kernel.load("backward").apply(scalar, leaves);
  }

  /**
   * The gradient that has gathered in a leaf, or null where none has. The array is a handle to be
   * closed; its memory is the leaf's own.
   */
  public static @Nullable NDArray gradient(NDArray leaf) {
    return JniUtils.getGradient((PtNDArray) leaf);
  }

  /** A new manager of native memory on no particular parent: whoever asks closes it. */
  public static NDManager newManager(ai.djl.Device device) {
    return NDManager.newBaseManager(device, "PyTorch");
  }

  /** The recording mode of one thread; closing it restores the mode before. */
  public static final class Recording implements AutoCloseable {
    private final boolean before = JniUtils.isGradMode();

    private Recording(boolean on) {
      JniUtils.setGradMode(on);
    }

    @Override
    public void close() {
      JniUtils.setGradMode(before);
    }
  }
}
