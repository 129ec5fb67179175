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
 * The gradients that have gathered for a model's trainable parameters since the last {@link
 * #clear}: each {@link #add} adds to them.
 *
 * <p>A gradient is the very array that a backward pass made, or its sum with later ones; a
 * parameter that took no part has none (in PyTorch, its {@code grad} is None, and an optimizer
 * leaves it alone). Adding into memory that is kept and cleared, as a leaf's own {@code grad} does,
 * would pass over all gradients twice more at each step.
 *
 * <p>They stay in one native list from the backward pass to the optimizer. Java sees an array of
 * its own for each only where somebody asks for {@link #gathered} or {@link #all}.
 */
public final class Gradients implements AutoCloseable {
  private final List<Parameter> parameters;
  private final Map<Parameter, Integer> placeOf = new HashMap<>();
  private @Nullable NativeList values;

  /** Those that are there, in the order of the parameters; null where none is. */
  private @Nullable NativeList arrays;

  /** The places of their parameters. */
  private BitSet places = new BitSet();

  /** Places of parameters that had none before {@link #all} or {@link #exchange}. */
  private BitSet supplied = new BitSet();

  private @Nullable FlatArrays flat;

  /** Whether the list is that of {@link #flat}. */
  private boolean exchanged;

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
    this.parameters.forEach(parameter -> placeOf.put(parameter, placeOf.size()));
  }

  /**
   * Adds the gradients of a scalar to those that are there: {@code Tensor.backward()}.
   *
   * @param scalar (), recorded; its graph is freed
   * @throws IllegalArgumentException where it depends on nothing that gets gradients
   */
  public void add(NDArray scalar) {
    add(of(() -> Torch.gradients(scalar, values())));
  }

  /**
   * As {@link #add(NDArray)}, with less memory: what the kernels of the forward pass have put out
   * is closed first, see {@link Torch#gradients(NDArray, NativeList, Torch.Recording)}.
   */
  public void add(NDArray scalar, Torch.Recording recording) {
    add(of(() -> Torch.gradients(scalar, values(), recording)));
  }

  /** As {@link #add(NDArray, Torch.Recording)}, for the recording of a scope. */
  public void add(NDArray scalar, ForwardScope scope) {
    add(scalar, scope.recording());
  }

  private static Kernel.Places of(Supplier<Kernel.Places> backward) {
    try {
      return backward.get();
    } catch (EngineException e) {
      if (String.valueOf(e.getMessage()).contains("does not require grad")) {
        throw new IllegalArgumentException(
            "The loss depends on no parameter that is trained: it must come from the model's"
                + " output, by operations that have a gradient.",
            e);
      }
      throw e;
    }
  }

  private NativeList values() {
    NativeList made = values;
    if (made == null) {
      made = NativeList.of(parameters.stream().map(Parameter::value).toList());
      values = made;
    }
    return made;
  }

  private void add(Kernel.Places found) {
    if (arrays == null) {
      become(found);
    } else if (places.equals(found.of())) {
      try (NativeList more = found.arrays()) {
        kernel().run("add", arrays, more);
      }
    } else {
      try (NativeList more = found.arrays()) {
        become(kernel().listWithPlaces("merge", arrays, places, more, found.of()));
      }
    }
  }

  private void become(Kernel.Places found) {
    become(found.arrays(), found.of());
  }

  /** Closes the list before, but not its arrays, which may be in the new one too. */
  private void become(@Nullable NativeList list, BitSet of) {
    if (arrays != null && !exchanged) {
      arrays.close();
    }
    arrays = list;
    places = of;
    exchanged = false;
  }

  /**
   * Every trainable parameter's gradient in the order of the parameters. One that is not there is
   * supplied as -0.0, to which whatever is added, a zero too, makes something else: where all ranks
   * have none, there is none after.
   */
  public List<Gradient> all() {
    return parameters.isEmpty() ? List.of() : gradients(supplyAll());
  }

  /** The list, now with one for each parameter. */
  private NativeList supplyAll() {
    NativeList present = arrays;
    if (present != null && isWhole()) {
      return present;
    }
    BitSet whole = new BitSet();
    whole.set(0, parameters.size());
    supplied = without(whole, places);
    NativeList all;
    try (NativeList none = NativeList.of(List.of())) {
      all = kernel().list("supply", present == null ? none : present, places, values());
    }
    become(all, whole);
    return all;
  }

  private boolean isWhole() {
    return places.cardinality() == parameters.size();
  }

  private static BitSet without(BitSet places, BitSet others) {
    BitSet left = (BitSet) places.clone();
    left.andNot(others);
    return left;
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
    if (parameters.isEmpty()) {
      return;
    }
    FlatArrays room = flat;
    if (room == null) {
      room = new FlatArrays(parameters.stream().map(Parameter::shape).toList());
      flat = room;
    }
    NativeList own = supplyAll();
    if (!exchanged) {
      FlatArrays.copy(room.slots(), own);
    }
    sum.accept(room.buckets(bucketBytes));
    if (parameters.get(0).value().getDevice().isGpu()) {
      FlatArrays.copy(own, room.slots());
    } else {
      become(room.slots(), places);
      exchanged = true;
    }
  }

  /** The gradients of the parameters that took part since the last {@link #clear}. */
  public List<Gradient> gathered() {
    NativeList present = dropUntouched();
    return present == null ? List.of() : gradients(present);
  }

  private List<Gradient> gradients(NativeList list) {
    Iterator<NDArray> array = list.iterator();
    return places.stream().mapToObj(i -> new Gradient(parameters.get(i), array.next())).toList();
  }

  /** Of the supplied ones those stay that something was added to. */
  private @Nullable NativeList dropUntouched() {
    if (arrays != null && !supplied.isEmpty()) {
      BitSet touched = kernel().places("touched", arrays, places, supplied);
      BitSet left = without(places, without(supplied, touched));
      if (!left.equals(places)) {
        become(left.isEmpty() ? null : kernel().list("part", arrays, places, left), left);
      }
      supplied = new BitSet();
    }
    return arrays;
  }

  /** Those among some parameters that have a gradient. */
  public List<Parameter> present(List<Parameter> some) {
    dropUntouched();
    return some.stream().filter(it -> places.get(placeOf.getOrDefault(it, places.size()))).toList();
  }

  /**
   * The gradients of some parameters, in their order; to be closed.
   *
   * @param some each has one, see {@link #present}
   */
  public NativeList of(List<Parameter> some) {
    NativeList present = Objects.requireNonNull(arrays);
    BitSet wanted = new BitSet();
    boolean ascending = true;
    for (Parameter parameter : some) {
      int place = place(parameter);
      ascending &= place >= wanted.length();
      wanted.set(place);
    }
    return ascending
        ? kernel().list("part", present, places, wanted)
        : NativeList.of(some.stream().map(it -> present.get(index(it))).toList());
  }

  private int place(Parameter parameter) {
    return Objects.requireNonNull(placeOf.get(parameter), parameter::toString);
  }

  private int index(Parameter parameter) {
    return places.get(0, place(parameter)).cardinality();
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
    return arrays == null ? 0 : kernel().number("norm", arrays, p);
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
    double norm = norm(p);
    scale(Math.min(1, maxNorm / (norm + 1e-6)));
    return norm;
  }

  /**
   * {@link #scale} and then {@link #clipNorm(double)}, with one pass over the gradients for both.
   *
   * @param factor as 1 / weight, which makes sums of losses the mean
   * @param maxNorm infinity where nothing is to be clipped
   * @return the 2-norm after scaling and before clipping
   */
  public double scaleAndClipNorm(double factor, double maxNorm) {
    return arrays == null ? 0 : kernel().number("scale_and_clip", arrays, factor, maxNorm);
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
    if (arrays != null) {
      kernel().run(function, arrays, number);
    }
  }

  /** Forgets every gradient, so that the next step starts anew. */
  public void clear() {
    become(null, new BitSet());
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
