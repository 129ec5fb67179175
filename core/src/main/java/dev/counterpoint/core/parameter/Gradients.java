package dev.counterpoint.core.parameter;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Accumulated gradients of a model's trainable parameters since the last {@link #clear}; each
 * {@link #add} adds to them.
 *
 * <p>A gradient is the array that a backward pass created, or its sum with later ones; a parameter
 * that took no part in any backward pass has no gradient (in PyTorch, its {@code grad} is None, and
 * an optimizer skips it). Accumulating into persistent memory that is cleared after each step, as a
 * leaf's {@code grad} does, would pass over all gradients two more times per step.
 *
 * <p>The gradients stay in one native list from the backward pass to the optimizer. Java arrays for
 * single gradients are created only by {@link #accumulated} and {@link #all}.
 */
public final class Gradients implements AutoCloseable {
  private final List<Parameter> parameters;
  private final Map<Parameter, Integer> positions = new HashMap<>();
  private @Nullable NativeList values;

  /** The gradients that exist, in the order of the parameters; null if there are none. */
  private @Nullable NativeList arrays;

  /** The indices of the parameters that have a gradient. */
  private BitSet present = new BitSet();

  /**
   * The indices of the parameters that had no gradient before {@link #all} or {@link #allReduce}.
   */
  private BitSet supplied = new BitSet();

  private @Nullable FlatArrays flat;

  /** Whether {@link #arrays} is the list of slots of {@link #flat}. */
  private boolean shared;

  /**
   * Gradient of one parameter.
   *
   * @param array same shape as the parameter; may be modified in place
   */
  public record Gradient(Parameter parameter, NDArray array) {}

  /** Creates an empty accumulator for the trainable parameters among the given ones. */
  public Gradients(List<Parameter> parameters) {
    this.parameters =
        parameters.stream()
            .filter(parameter -> parameter.trainable() && parameter.shape().size() > 0)
            .toList();
    this.parameters.forEach(parameter -> positions.put(parameter, positions.size()));
  }

  /**
   * Computes the gradients of a scalar and adds them to the accumulated ones: {@code
   * Tensor.backward()}.
   *
   * @param scalar (), recorded; its graph is freed
   * @throws IllegalArgumentException if it does not depend on any trainable parameter
   */
  public void add(NDArray scalar) {
    add(run(() -> Torch.gradients(scalar, values())));
  }

  /**
   * Like {@link #add(NDArray)}, but with less memory: closes the outputs of the forward pass's
   * kernels before the backward pass, see {@link Torch#gradients(NDArray, NativeList,
   * Torch.Recording)}.
   */
  public void add(NDArray scalar, ForwardScope scope) {
    add(run(() -> Torch.gradients(scalar, values(), scope.recording())));
  }

  private static Kernel.IndexedArrays run(Supplier<Kernel.IndexedArrays> backward) {
    try {
      return backward.get();
    } catch (EngineException e) {
      if (String.valueOf(e.getMessage()).contains("does not require grad")) {
        throw new IllegalArgumentException(
            "The loss does not depend on any trainable parameter: it must be computed from the"
                + " model's output by differentiable operations.",
            e);
      }
      throw e;
    }
  }

  private NativeList values() {
    NativeList list = values;
    if (list == null) {
      list = NativeList.of(parameters.stream().map(Parameter::value).toList());
      values = list;
    }
    return list;
  }

  private void add(Kernel.IndexedArrays added) {
    if (arrays == null) {
      setArrays(added);
    } else if (present.equals(added.indices())) {
      try (NativeList newArrays = added.arrays()) {
        kernel().run("add", arrays, newArrays);
      }
    } else {
      try (NativeList newArrays = added.arrays()) {
        setArrays(kernel().listWithIndices("merge", arrays, present, newArrays, added.indices()));
      }
    }
  }

  private void setArrays(Kernel.IndexedArrays added) {
    setArrays(added.arrays(), added.indices());
  }

  /**
   * Replaces the list of gradients. Closes the previous list, but not its arrays, which may also be
   * in the new list.
   */
  private void setArrays(@Nullable NativeList list, BitSet indices) {
    if (arrays != null && !shared) {
      arrays.close();
    }
    arrays = list;
    present = indices;
    shared = false;
  }

  /**
   * The gradients of all trainable parameters, in the order of the parameters. A missing gradient
   * is supplied as -0.0: adding anything to it, even 0, changes it, so a parameter without a
   * gradient on all ranks still has none after a reduction.
   */
  public List<Gradient> all() {
    return parameters.isEmpty() ? List.of() : gradients(supplyAll());
  }

  /** Supplies missing gradients and returns the list with one gradient per parameter. */
  private NativeList supplyAll() {
    NativeList current = arrays;
    if (current != null && present.cardinality() == parameters.size()) {
      return current;
    }
    BitSet complete = new BitSet();
    complete.set(0, parameters.size());
    supplied = without(complete, present);
    NativeList all;
    try (NativeList none = NativeList.of(List.of())) {
      all = kernel().list("supply", current == null ? none : current, present, values());
    }
    setArrays(all, complete);
    return all;
  }

  private static BitSet without(BitSet indices, BitSet removed) {
    BitSet remaining = (BitSet) indices.clone();
    remaining.andNot(removed);
    return remaining;
  }

  /**
   * Sums the gradients over all processes. Afterwards a parameter has a gradient if it had one in
   * any process.
   *
   * @param bucketBytes bytes per bucket
   * @param sum sums each of the buckets in place: direct buffers, float32, native byte order. All
   *     processes receive the same buckets in the same order.
   */
  public void allReduce(int bucketBytes, Consumer<List<ByteBuffer>> sum) {
    if (parameters.isEmpty()) {
      return;
    }
    FlatArrays buffer = flat;
    if (buffer == null) {
      buffer = new FlatArrays(parameters.stream().map(Parameter::shape).toList());
      flat = buffer;
    }
    NativeList local = supplyAll();
    if (!shared) {
      FlatArrays.copy(buffer.slots(), local);
    }
    sum.accept(buffer.buckets(bucketBytes));
    if (parameters.get(0).value().getDevice().isGpu()) {
      FlatArrays.copy(local, buffer.slots());
    } else {
      setArrays(buffer.slots(), present);
      shared = true;
    }
  }

  /**
   * The gradients of the parameters that took part in a backward pass since the last {@link
   * #clear}.
   */
  public List<Gradient> accumulated() {
    NativeList current = dropUnmodified();
    return current == null ? List.of() : gradients(current);
  }

  private List<Gradient> gradients(NativeList list) {
    Iterator<NDArray> array = list.iterator();
    return present.stream().mapToObj(i -> new Gradient(parameters.get(i), array.next())).toList();
  }

  /** Drops supplied gradients that nothing was added to. */
  private @Nullable NativeList dropUnmodified() {
    if (arrays != null && !supplied.isEmpty()) {
      BitSet modified = kernel().indices("touched", arrays, present, supplied);
      BitSet remaining = without(present, without(supplied, modified));
      if (!remaining.equals(present)) {
        setArrays(
            remaining.isEmpty() ? null : kernel().list("part", arrays, present, remaining),
            remaining);
      }
      supplied = new BitSet();
    }
    return arrays;
  }

  /** The parameters among the given ones that have a gradient. */
  public List<Parameter> present(List<Parameter> candidates) {
    dropUnmodified();
    return candidates.stream()
        .filter(it -> present.get(positions.getOrDefault(it, present.size())))
        .toList();
  }

  /**
   * The gradients of the given parameters, in the same order. The caller closes the list.
   *
   * @param selected parameters that all have a gradient, see {@link #present}
   */
  public NativeList select(List<Parameter> selected) {
    NativeList current = Objects.requireNonNull(arrays);
    BitSet selectedIndices = new BitSet();
    boolean ascending = true;
    for (Parameter parameter : selected) {
      int position = position(parameter);
      ascending &= position >= selectedIndices.length();
      selectedIndices.set(position);
    }
    return ascending
        ? kernel().list("part", current, present, selectedIndices)
        : NativeList.of(selected.stream().map(it -> current.get(index(it))).toList());
  }

  private int position(Parameter parameter) {
    return Objects.requireNonNull(positions.get(parameter), parameter::toString);
  }

  private int index(Parameter parameter) {
    return present.get(0, position(parameter)).cardinality();
  }

  /**
   * Multiplies every gradient by a factor and clips them to a 2-norm of at most {@code maxNorm}:
   * {@code torch.nn.utils.clip_grad_norm_}.
   *
   * @param factor the scale, such as 1 / weight, which turns a sum of losses into the mean
   * @param maxNorm the maximum 2-norm; infinity for no clipping
   * @return the 2-norm after scaling and before clipping; 0 without gradients
   */
  public double scaleAndClipNorm(double factor, double maxNorm) {
    return arrays == null ? 0 : kernel().number("scale_and_clip", arrays, factor, maxNorm);
  }

  /**
   * Clips every element to [-limit, limit]: {@code torch.nn.utils.clip_grad_value_}.
   *
   * @param limit the maximum absolute value, greater than 0
   * @throws IllegalArgumentException if the limit is not greater than 0
   */
  public void clipValue(double limit) {
    if (!(limit > 0)) {
      throw new IllegalArgumentException(
          "The gradient limit " + limit + " must be greater than 0.");
    }
    if (arrays != null) {
      kernel().run("clamp", arrays, limit);
    }
  }

  /** Drops all gradients, as before the next step: {@code zero_grad(set_to_none=True)}. */
  public void clear() {
    setArrays(null, new BitSet());
    supplied = new BitSet();
  }

  private static Kernel kernel() {
    return Kernel.load("gradients");
  }

  @Override
  public void close() {
    clear();
    if (values != null) {
      values.close();
    }
    if (flat != null) {
      flat.close();
    }
  }
}
