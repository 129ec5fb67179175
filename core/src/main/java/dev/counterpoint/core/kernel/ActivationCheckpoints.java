package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Checkpointed segments of the computation that one thread records. The result of a segment is a
 * leaf, at which the graph of the following computation ends. The backward pass recomputes the
 * segments with their graphs, from the last segment to the first, and continues through each of
 * them.
 */
final class ActivationCheckpoints {
  private static final ThreadLocal<@Nullable ActivationCheckpoints> CURRENT = new ThreadLocal<>();

  private final List<Segment> segments = new ArrayList<>();

  /**
   * A checkpointed segment.
   *
   * @param inputRequiresGradient whether the gradient of the input is needed
   * @param output the result, a leaf of the recorded graph
   * @param leaves trainable arrays that the segment uses
   * @param seed seed of the generator for the forward pass and the recomputation
   */
  private record Segment(
      UnaryOperator<NDArray> function,
      NDArray input,
      boolean inputRequiresGradient,
      NDArray output,
      List<NDArray> leaves,
      long seed) {}

  /** The segments of this thread's innermost recording; null if there is none. */
  static @Nullable ActivationCheckpoints current() {
    return CURRENT.get();
  }

  static void setCurrent(@Nullable ActivationCheckpoints segments) {
    CURRENT.set(segments);
  }

  boolean isEmpty() {
    return segments.isEmpty();
  }

  NDArray apply(UnaryOperator<NDArray> function, NDArray input, List<NDArray> leaves) {
    long seed = Torch.seedNext();
    NDArray output;
    try (NDScope scope = Torch.newScope();
        Torch.Recording noGradients = Torch.noGradients()) {
      output = function.apply(input);
      NDScope.unregister(output);
    }
    NDScope.register(output);
    boolean inputRequiresGradient = BackwardTrace.isRecorded(input);
    if (inputRequiresGradient || !leaves.isEmpty()) {
      output.setRequiresGradient(true);
      segments.add(new Segment(function, input, inputRequiresGradient, output, leaves, seed));
    }
    return output;
  }

  /** See {@link Torch#gradients}. */
  Kernel.IndexedArrays gradients(NDArray scalar, List<NDArray> leaves) {
    try (GradientSums sums = new GradientSums(leaves)) {
      sums.backward(scalar);
      for (int i = segments.size() - 1; i >= 0; i--) {
        NDArray gradient = sums.remove(segments.get(i).output());
        if (gradient != null) {
          sums.recompute(segments.get(i), gradient);
        }
      }
      return sums.result(leaves);
    }
  }

  /** A scalar whose gradient with respect to an array is the given gradient. */
  private static NDArray withGradient(NDArray array, NDArray gradient) {
    return array.mul(gradient).sum();
  }

  /** The gradients computed so far. */
  private final class GradientSums implements AutoCloseable {
    private final IdentityHashMap<NDArray, NDArray> sums = new IdentityHashMap<>();
    private final Set<NDArray> requested = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<NDArray> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<NativeList> owned = new ArrayList<>();

    GradientSums(List<NDArray> leaves) {
      requested.addAll(leaves);
      segments.forEach(segment -> outputs.add(segment.output()));
    }

    @Nullable NDArray remove(NDArray leaf) {
      return sums.remove(leaf);
    }

    Kernel.IndexedArrays result(List<NDArray> leaves) {
      List<NDArray> arrays = new ArrayList<>();
      BitSet indices = new BitSet();
      for (int i = 0; i < leaves.size(); i++) {
        NDArray sum = sums.get(leaves.get(i));
        if (sum != null) {
          arrays.add(sum);
          indices.set(i);
        }
      }
      return new Kernel.IndexedArrays(NativeList.sharing(arrays), indices);
    }

    /** Backpropagates through the recorded graph up to the leaves and the results of segments. */
    void backward(NDArray scalar) {
      List<NDArray> leaves = new ArrayList<>(requested);
      leaves.addAll(outputs);
      byLeaf(leaves, list -> Kernel.load("backward").listWithIndices("gradients", scalar, list))
          .forEach(this::add);
    }

    /** Recomputes a segment and backpropagates through it. */
    void recompute(Segment segment, NDArray gradient) {
      List<NDArray> leaves = new ArrayList<>(segment.leaves());
      leaves.removeIf(leaf -> !requested.contains(leaf));
      IdentityHashMap<NDArray, NDArray> gradients;
      NDArray input = segment.input();
      try (ForwardScope scope = new ForwardScope();
          Torch.Recording recording = Torch.recordGradients()) {
        Torch.seed(segment.seed());
        if (segment.inputRequiresGradient()) {
          input = input.stopGradient();
          input.setRequiresGradient(true);
          leaves.add(input);
        }
        NDArray output = segment.function().apply(input);
        NDArray scalar = withGradient(output, gradient);
        gradients = byLeaf(leaves, list -> Torch.gradients(scalar, list));
      }
      NDArray inputGradient = segment.inputRequiresGradient() ? gradients.remove(input) : null;
      gradients.forEach(this::add);
      if (inputGradient != null && outputs.contains(segment.input())) {
        add(segment.input(), inputGradient);
      } else if (inputGradient != null) {
        backward(withGradient(segment.input(), inputGradient));
      }
    }

    /** Computes gradients, by leaf. They remain valid until this object is closed. */
    private IdentityHashMap<NDArray, NDArray> byLeaf(
        List<NDArray> leaves, Function<NativeList, Kernel.IndexedArrays> autograd) {
      Kernel.IndexedArrays gradients;
      try (NativeList list = NativeList.of(leaves)) {
        gradients = autograd.apply(list);
      }
      owned.add(gradients.arrays());
      IdentityHashMap<NDArray, NDArray> byLeaf = new IdentityHashMap<>();
      Iterator<NDArray> array = gradients.arrays().iterator();
      gradients.indices().stream().forEach(i -> byLeaf.put(leaves.get(i), array.next()));
      return byLeaf;
    }

    private void add(NDArray leaf, NDArray gradient) {
      sums.merge(leaf, gradient, NDArray::add);
    }

    @Override
    public void close() {
      owned.forEach(NativeList::close);
    }
  }
}
