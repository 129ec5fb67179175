package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The parts of what one thread records that are made again for their gradients. The result of a
 * part is a leaf, at which the graph of what follows ends; the backward pass goes on there with the
 * graph of the part, made anew, and so on from the last part to the first.
 */
final class RecomputedParts {
  private static final ThreadLocal<@Nullable RecomputedParts> OF_THREAD = new ThreadLocal<>();

  private final List<Part> parts = new ArrayList<>();

  /**
   * A part.
   *
   * @param goesOn whether gradients go on behind its input
   */
  private record Part(
      UnaryOperator<NDArray> function,
      NDArray input,
      boolean goesOn,
      NDArray output,
      List<NDArray> leaves,
      long seed) {}

  /** Those of the recording that this thread has open; null where it has none. */
  static @Nullable RecomputedParts ofThisThread() {
    return OF_THREAD.get();
  }

  static void exchange(@Nullable RecomputedParts parts) {
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
    boolean goesOn = isRecorded(input);
    if (goesOn || !leaves.isEmpty()) {
      output.setRequiresGradient(true);
      parts.add(new Part(function, input, goesOn, output, leaves, seed));
    }
    return output;
  }

  /** DJL's {@code hasGradient} knows leaves alone. */
  private static boolean isRecorded(NDArray array) {
    return array.hasGradient() || Kernel.load("recorded").compute("recorded", array)[0] > 0;
  }

  /** As {@link Torch#gradients}. */
  NDList gradients(NDArray scalar, List<NDArray> leaves) {
    Sums sums = new Sums(leaves);
    sums.addBehind(scalar);
    for (int i = parts.size() - 1; i >= 0; i--) {
      NDArray gradient = sums.take(parts.get(i).output());
      if (gradient != null) {
        sums.addOf(parts.get(i), gradient);
      }
    }
    NDList all = new NDList();
    for (NDArray leaf : leaves) {
      NDArray sum = sums.take(leaf);
      all.add(sum == null ? leaf.getManager().create(new Shape(0)) : sum);
    }
    return all;
  }

  /** A scalar whose gradient by an array is the one given. */
  private static NDArray withGradient(NDArray array, NDArray gradient) {
    return array.mul(gradient).sum();
  }

  /** The gradients that are known so far. */
  private final class Sums {
    private final IdentityHashMap<NDArray, NDArray> byLeaf = new IdentityHashMap<>();
    private final Set<NDArray> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<NDArray> outputs = Collections.newSetFromMap(new IdentityHashMap<>());

    Sums(List<NDArray> leaves) {
      wanted.addAll(leaves);
      parts.forEach(part -> outputs.add(part.output()));
    }

    @Nullable NDArray take(NDArray leaf) {
      return byLeaf.remove(leaf);
    }

    /** Goes back through what was recorded, as far as to the leaves and the results of parts. */
    void addBehind(NDArray scalar) {
      List<NDArray> leaves = new ArrayList<>(wanted);
      leaves.addAll(outputs);
      NDList found = Kernel.load("backward").apply(scalar, leaves);
      for (int i = 0; i < leaves.size(); i++) {
        add(leaves.get(i), found.get(i));
      }
    }

    /** Makes a part again, and goes back through it. */
    void addOf(Part part, NDArray gradient) {
      List<NDArray> leaves = new ArrayList<>(part.leaves());
      leaves.removeIf(leaf -> !wanted.contains(leaf));
      NDList found;
      try (ForwardScope scope = new ForwardScope();
          Torch.Recording again = Torch.recordGradients()) {
        Torch.seed(part.seed());
        NDArray input = part.input();
        if (part.goesOn()) {
          input = input.stopGradient();
          input.setRequiresGradient(true);
          leaves.add(input);
        }
        NDArray output = part.function().apply(input);
        found = Torch.gradients(withGradient(output, gradient), leaves);
        found.forEach(NDScope::unregister);
      }
      found.forEach(NDScope::register);
      addAll(part, leaves, found);
    }

    private void addAll(Part part, List<NDArray> leaves, NDList found) {
      int last = found.size() - 1;
      for (int i = 0; i < (part.goesOn() ? last : found.size()); i++) {
        add(leaves.get(i), found.get(i));
      }
      if (part.goesOn() && outputs.contains(part.input())) {
        add(part.input(), found.get(last));
      } else if (part.goesOn() && found.get(last).size() > 0) {
        addBehind(withGradient(part.input(), found.get(last)));
      }
    }

    private void add(NDArray leaf, NDArray gradient) {
      if (gradient.size() > 0) {
        byLeaf.merge(leaf, gradient, NDArray::add);
      }
    }
  }
}
