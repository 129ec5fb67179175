package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;

/** Layer with one input array and one output array, usable in a {@link Sequential}. */
@FunctionalInterface
public interface UnaryLayer {
  NDArray forward(NDArray x);
}
