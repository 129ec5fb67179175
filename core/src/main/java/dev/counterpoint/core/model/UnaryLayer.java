package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;

/** A layer from one array to one array, so that it can stand in a {@link Sequential}. */
@FunctionalInterface
public interface UnaryLayer {
  NDArray forward(NDArray x);
}
