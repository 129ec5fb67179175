package dev.counterpoint.core.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The gradients that have gathered in a model's trainable parameters since the last {@link #clear}:
 * backward passes add to them.
 *
 * <p>PyTorch tells a parameter that took no part in a step (its {@code grad} is None, and an
 * optimizer leaves it alone) from one whose gradient is zero. Here every gradient has its memory
 * from the start, and clearing writes -0.0: whatever a backward pass adds to it, a zero too, is no
 * longer -0.0. (Only a gradient that is -0.0 itself in each element is mistaken for none.) So the
 * memory stays where it is, and summing over ranks keeps the difference.
 */
public final class Gradients implements AutoCloseable {
  private static final int NEGATIVE_ZERO = Float.floatToRawIntBits(-0.0f);

  private final List<Gradient> gradients;
  private final List<NDArray> arrays;

  /**
   * One gradient.
   *
   * @param array of the parameter's shape; the memory that backward passes add to
   */
  public record Gradient(Parameter parameter, NDArray array) {}

  /** The gradients of the trainable ones among the parameters; there are none at first. */
  public Gradients(List<Parameter> parameters) {
    gradients =
        parameters.stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .map(parameter -> new Gradient(parameter, allocate(parameter.value())))
            .toList();
    arrays = arrays(gradients);
    clear();
  }

  /** A leaf gets the memory of its gradient when the first one reaches it. */
  private static NDArray allocate(NDArray leaf) {
    try (Torch.Recording on = Torch.recordGradients();
        NDArray zero = leaf.mul(0);
        NDArray sum = zero.sum()) {
      Torch.backward(sum);
    }
    NDArray gradient = Objects.requireNonNull(Torch.gradient(leaf));
    NDScope.unregister(gradient);
    return gradient;
  }

  private static List<NDArray> arrays(List<Gradient> gradients) {
    return gradients.stream().map(Gradient::array).toList();
  }

  /**
   * Every trainable parameter's gradient in the order of the parameters, touched or not: what ranks
   * add up.
   */
  public List<Gradient> all() {
    return gradients;
  }

  /** The gradients of the parameters that took part since the last {@link #clear}. */
  public List<Gradient> gathered() {
    if (gradients.isEmpty()) {
      return gradients;
    }
    float[] firsts = kernel().compute("firsts", arrays);
    List<Gradient> gathered = new ArrayList<>();
    for (int i = 0; i < firsts.length; i++) {
      boolean doubtful = Float.floatToRawIntBits(firsts[i]) == NEGATIVE_ZERO;
      if (!doubtful || !untouched(arrays.get(i))) {
        gathered.add(gradients.get(i));
      }
    }
    return gathered;
  }

  private static boolean untouched(NDArray gradient) {
    return kernel().compute("untouched", gradient)[0] != 0;
  }

  /** The 2-norm over all gradients together. */
  public double norm() {
    return norm(2);
  }

  /**
   * The p-norm over all gradients together.
   *
   * @param p at least 1; infinity asks for the largest absolute value
   */
  public double norm(double p) {
    if (gradients.isEmpty()) {
      return 0;
    }
    double total = 0;
    for (float norm : kernel().compute("norms", arrays, p)) {
      total = Double.isInfinite(p) ? Math.max(total, norm) : total + Math.pow(norm, p);
    }
    return Double.isInfinite(p) ? total : Math.pow(total, 1 / p);
  }

  /** Multiplies every gradient by a factor of 0 or more. */
  public void scale(double factor) {
    if (factor < 0) {
      throw new IllegalArgumentException("Gradients take no negative factor: " + factor);
    }
    if (factor != 1 && !gradients.isEmpty()) {
      kernel().run("scale", arrays, factor);
    }
  }

  /**
   * Scales the gradients down to a norm of at most {@code maxNorm}: {@code
   * torch.nn.utils.clip_grad_norm_}.
   *
   * @return the 2-norm before
   */
  public double clipNorm(double maxNorm) {
    return scaleAndClipNorm(1, maxNorm);
  }

  /** As {@link #clipNorm(double)}, with the p-norm. */
  public double clipNorm(double maxNorm, double p) {
    return clip(1, maxNorm, norm(p));
  }

  /**
   * {@link #scale} and then {@link #clipNorm(double)}, with one pass over the gradients for both.
   *
   * @param factor as 1 / weight, which makes sums of losses the mean
   * @param maxNorm infinity where nothing is to be clipped
   * @return the 2-norm after scaling and before clipping
   */
  public double scaleAndClipNorm(double factor, double maxNorm) {
    return clip(factor, maxNorm, factor * norm());
  }

  private double clip(double factor, double maxNorm, double norm) {
    scale(factor * Math.min(1, maxNorm / (norm + 1e-6)));
    return norm;
  }

  /**
   * Cuts every element to [-limit, limit]: {@code torch.nn.utils.clip_grad_value_}.
   *
   * @param limit greater than 0
   */
  public void clipValue(double limit) {
    if (!(limit > 0)) {
      throw new IllegalArgumentException("The limit of gradients must be over 0: " + limit);
    }
    if (!gradients.isEmpty()) {
      kernel().run("clamp", arrays, limit);
    }
  }

  /** Forgets every gradient, so that the next step starts anew. */
  public void clear() {
    if (!gradients.isEmpty()) {
      kernel().run("clear", arrays);
    }
  }

  private static Kernel kernel() {
    return Kernel.load("gradients");
  }

  /** Lets go of the arrays; the memory itself is the parameters'. */
  @Override
  public void close() {
    arrays.forEach(NDArray::close);
  }
}
