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
 * The parts of what one thread records that are made again for their gradients. The result of a
 * part is a leaf, at which the graph of what follows ends; the backward pass goes on there with the
 * graph of the part, made anew, and so on from the last part to the first.
 */
final class ActivationCheckpoints {
  private static final ThreadLocal<@Nullable ActivationCheckpoints> OF_THREAD = new ThreadLocal<>();

  private final List<Part> parts = new ArrayList<>();

  /**
   * A part.
   *
   * @param isResumed whether gradients go on behind its input
   */
  private record Part(
      UnaryOperator<NDArray> function,
      NDArray input,
      boolean isResumed,
      NDArray output,
      List<NDArray> leaves,
      long seed) {}

  /** Those of the recording that this thread has open; null where it has none. */
  static @Nullable ActivationCheckpoints ofThisThread() {
    return OF_THREAD.get();
  }

  static void exchange(@Nullable ActivationCheckpoints parts) {
    OF_THREAD.set(parts);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  NDArray apply(UnaryOperator<NDArray> function, NDArray input, List<NDArray> leaves) {
    long seed = Torch.seedNext();
    NDArray output;
    try (NDScope scope = new NDScope();
        Torch.Recording off = Torch.noGradients()) {
      scope.suppressNotUsedWarning();
      output = function.apply(input);
      NDScope.unregister(output);
    }
    NDScope.register(output);
    boolean isResumed = isRecorded(input);
    if (isResumed || !leaves.isEmpty()) {
      output.setRequiresGradient(true);
      parts.add(new Part(function, input, isResumed, output, leaves, seed));
    }
    return output;
  }

  /** DJL's {@code hasGradient} knows leaves alone. */
  private static boolean isRecorded(NDArray array) {
    return array.hasGradient() || Kernel.load("recorded").compute("recorded", array)[0] > 0;
  }

  /** As {@link Torch#gradients}. */
  Kernel.Places gradients(NDArray scalar, List<NDArray> leaves) {
    try (Sums sums = new Sums(leaves)) {
      sums.addBehind(scalar);
      for (int i = parts.size() - 1; i >= 0; i--) {
        NDArray gradient = sums.take(parts.get(i).output());
        if (gradient != null) {
          sums.addOf(parts.get(i), gradient);
        }
      }
      return sums.of(leaves);
    }
  }

  /** A scalar whose gradient by an array is the one given. */
  private static NDArray withGradient(NDArray array, NDArray gradient) {
    return array.mul(gradient).sum();
  }

  /** The gradients that are known so far. */
  private final class Sums implements AutoCloseable {
    private final IdentityHashMap<NDArray, NDArray> sums = new IdentityHashMap<>();
    private final Set<NDArray> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<NDArray> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<NativeList> found = new ArrayList<>();

    Sums(List<NDArray> leaves) {
      wanted.addAll(leaves);
      parts.forEach(part -> outputs.add(part.output()));
    }

    @Nullable NDArray take(NDArray leaf) {
      return sums.remove(leaf);
    }

    Kernel.Places of(List<NDArray> leaves) {
      List<NDArray> arrays = new ArrayList<>();
      BitSet places = new BitSet();
      for (int i = 0; i < leaves.size(); i++) {
        NDArray sum = sums.get(leaves.get(i));
        if (sum != null) {
          arrays.add(sum);
          places.set(i);
        }
      }
      return new Kernel.Places(NativeList.sharing(arrays), places);
    }

    /** Goes back through what was recorded, as far as to the leaves and the results of parts. */
    void addBehind(NDArray scalar) {
      List<NDArray> leaves = new ArrayList<>(wanted);
      leaves.addAll(outputs);
      byLeaf(leaves, list -> Kernel.load("backward").listWithPlaces("gradients", scalar, list))
          .forEach(this::add);
    }

    /** Makes a part again, and goes back through it. */
    void addOf(Part part, NDArray gradient) {
      List<NDArray> leaves = new ArrayList<>(part.leaves());
      leaves.removeIf(leaf -> !wanted.contains(leaf));
      IdentityHashMap<NDArray, NDArray> inner;
      NDArray input = part.input();
      try (ForwardScope scope = new ForwardScope();
          Torch.Recording again = Torch.recordGradients()) {
        Torch.seed(part.seed());
        if (part.isResumed()) {
          input = input.stopGradient();
          input.setRequiresGradient(true);
          leaves.add(input);
        }
        NDArray output = part.function().apply(input);
        NDArray scalar = withGradient(output, gradient);
        inner = byLeaf(leaves, list -> Torch.gradients(scalar, list));
      }
      NDArray further = part.isResumed() ? inner.remove(input) : null;
      inner.forEach(this::add);
      if (further != null && outputs.contains(part.input())) {
        add(part.input(), further);
      } else if (further != null) {
        addBehind(withGradient(part.input(), further));
      }
    }

    /** Gradients by their leaves; they are there until this is closed. */
    private IdentityHashMap<NDArray, NDArray> byLeaf(
        List<NDArray> leaves, Function<NativeList, Kernel.Places> backward) {
      Kernel.Places gradients;
      try (NativeList list = NativeList.of(leaves)) {
        gradients = backward.apply(list);
      }
      found.add(gradients.arrays());
      IdentityHashMap<NDArray, NDArray> byLeaf = new IdentityHashMap<>();
      Iterator<NDArray> array = gradients.arrays().iterator();
      gradients.of().stream().forEach(i -> byLeaf.put(leaves.get(i), array.next()));
      return byLeaf;
    }

    private void add(NDArray leaf, NDArray gradient) {
      sums.merge(leaf, gradient, NDArray::add);
    }

    @Override
    public void close() {
      found.forEach(NativeList::close);
    }
  }
}
