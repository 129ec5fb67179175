package dev.counterpoint.core.parameter;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The gradients that have gathered for a model's trainable parameters since the last {@link
 * #clear}: each {@link #add} adds to them.
 *
 * <p>A gradient is the very array that a backward pass made, or its sum with later ones; a
 * parameter that took no part has none (in PyTorch, its {@code grad} is None, and an optimizer
 * leaves it alone). Adding into memory that is kept and cleared, as a leaf's own {@code grad} does,
 * would pass over all gradients twice more at each step.
 */
public final class Gradients implements AutoCloseable {
  private final List<Parameter> parameters;
  private final NDManager memory = Torch.newManager(Device.cpu());
  private final @Nullable NDArray[] arrays;

  /** Those that {@link #all} and {@link #exchange} made for parameters that had none. */
  private final Set<Integer> supplied = new HashSet<>();

  private @Nullable FlatArrays flat;

  /**
   * One gradient.
   *
   * @param array of the parameter's shape; to be changed in place
   */
  public record Gradient(Parameter parameter, NDArray array) {}

  /** The gradients of the trainable ones among the parameters; there are none at first. */
  public Gradients(List<Parameter> parameters) {
    this.parameters =
        parameters.stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .toList();
    arrays = new NDArray[this.parameters.size()];
  }

  /**
   * Adds the gradients of a scalar to those that are there: {@code Tensor.backward()}.
   *
   * @param scalar (), recorded; its graph is freed
   */
  public void add(NDArray scalar) {
    add(Torch.gradients(scalar, values(parameters)));
  }

  /**
   * As {@link #add(NDArray)}, with less memory: what the kernels of the forward pass have put out
   * is closed first, see {@link Torch#gradients(NDArray, List, Torch.Recording)}.
   */
  public void add(NDArray scalar, Torch.Recording recording) {
    add(Torch.gradients(scalar, values(parameters), recording));
  }

  private static List<NDArray> values(List<Parameter> parameters) {
    return parameters.stream().map(Parameter::value).toList();
  }

  private void add(NDList found) {
    List<NDArray> sums = new ArrayList<>();
    List<NDArray> more = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      NDArray sum = arrays[i];
      NDArray fresh = found.get(i);
      if (fresh.size() == 0) {
        fresh.close();
      } else if (sum != null) {
        sums.add(sum);
        more.add(fresh);
      } else {
        arrays[i] = keep(fresh);
      }
    }
    if (!sums.isEmpty()) {
      kernel().run("add", sums, more);
    }
    more.forEach(NDArray::close);
  }

  /**
   * Every trainable parameter's gradient in the order of the parameters. One that is not there is
   * supplied as -0.0, to which whatever is added, a zero too, makes something else: where all ranks
   * have none, there is none after.
   */
  public List<Gradient> all() {
    List<Gradient> all = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      NDArray array = arrays[i];
      if (array == null) {
        array = keep(parameters.get(i).value().zerosLike());
        kernel().run("supply", List.of(array));
        arrays[i] = array;
        supplied.add(i);
      }
      all.add(new Gradient(parameters.get(i), array));
    }
    return all;
  }

  /**
   * Adds up the gradients over processes. A parameter has a gradient after it where it had one in
   * any process.
   *
   * @param bucketBytes how much is added up at once
   * @param sum adds up each of some buckets, in place: direct, float32, in native order. All
   *     processes see the same buckets in the same order.
   */
  public void exchange(int bucketBytes, Consumer<List<ByteBuffer>> sum) {
    if (arrays.length == 0) {
      return;
    }
    FlatArrays exchanged = flat;
    if (exchanged == null) {
      exchanged = new FlatArrays(parameters.stream().map(Parameter::shape).toList());
      flat = exchanged;
    }
    fill(exchanged.slots());
    sum.accept(exchanged.buckets(bucketBytes));
    for (int i = 0; i < arrays.length; i++) {
      adopt(i, exchanged.slots().get(i), parameters.get(i).value().getDevice());
    }
  }

  private void fill(List<NDArray> slots) {
    List<NDArray> full = new ArrayList<>();
    List<NDArray> own = new ArrayList<>();
    List<NDArray> empty = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      NDArray array = arrays[i];
      if (array == null) {
        empty.add(slots.get(i));
      } else if (array != slots.get(i)) {
        full.add(slots.get(i));
        own.add(array);
      }
    }
    FlatArrays.copy(full, own);
    if (!empty.isEmpty()) {
      kernel().run("supply", empty);
    }
  }

  /** Takes a sum as the gradient: itself on a CPU, a copy of it on a GPU. */
  private void adopt(int i, NDArray slot, Device device) {
    NDArray own = arrays[i];
    if (own == null) {
      supplied.add(i);
    }
    if (device.isGpu() && own != null) {
      FlatArrays.copy(List.of(own), List.of(slot));
      return;
    }
    if (own != null && own != slot) {
      own.close();
    }
    arrays[i] = device.isGpu() ? keep(slot.toDevice(device, true)) : slot;
  }

  private NDArray keep(NDArray array) {
    NDScope.unregister(array);
    array.attach(memory);
    return array;
  }

  /** The gradients of the parameters that took part since the last {@link #clear}. */
  public List<Gradient> gathered() {
    supplied.removeIf(i -> !untouched(Objects.requireNonNull(arrays[i])));
    return present();
  }

  private List<Gradient> present() {
    List<Gradient> present = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      NDArray array = arrays[i];
      if (array != null && !supplied.contains(i)) {
        present.add(new Gradient(parameters.get(i), array));
      }
    }
    return present;
  }

  private List<NDArray> values() {
    return Arrays.stream(arrays).filter(Objects::nonNull).toList();
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
    List<NDArray> values = values();
    if (values.isEmpty()) {
      return 0;
    }
    double total = 0;
    for (float norm : kernel().compute("norms", values, p)) {
      total = Double.isInfinite(p) ? Math.max(total, norm) : total + Math.pow(norm, p);
    }
    return Double.isInfinite(p) ? total : Math.pow(total, 1 / p);
  }

  /** Multiplies every gradient by a factor of 0 or more. */
  public void scale(double factor) {
    if (factor < 0) {
      throw new IllegalArgumentException("Gradients take no negative factor: " + factor);
    }
    if (factor != 1) {
      change("scale", factor);
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
    change("clamp", limit);
  }

  private void change(String function, double number) {
    List<NDArray> values = values();
    if (!values.isEmpty()) {
      kernel().run(function, values, number);
    }
  }

  /** Forgets every gradient, so that the next step starts anew. */
  public void clear() {
    for (int i = 0; i < arrays.length; i++) {
      NDArray array = arrays[i];
      if (array != null && (flat == null || array != flat.slots().get(i))) {
        array.close();
      }
    }
    Arrays.fill(arrays, null);
    supplied.clear();
  }

  private static Kernel kernel() {
    return Kernel.load("gradients");
  }

  @Override
  public void close() {
    memory.close();
    if (flat != null) {
      flat.close();
    }
  }
}
