package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;

/**
 * The times at which a backward pass reaches marked arrays.
 *
 * <p>A backward pass is one call of libtorch, which computes the operations of the forward pass in
 * reverse order. A mark is one more operation, without cost, whose time the profiler records.
 *
 * @param seconds the duration of the backward pass
 * @param marks the marks in order of time
 */
public record BackwardTrace(double seconds, List<Mark> marks) {
  private static final String NODE = "autograd::engine::evaluate_function: ";
  private static final String REACHED = NODE + "AliasBackward0"; // of mark.py
  private static final String RECOMPUTED = "aten::alias";

  /**
   * A mark that the backward pass reached, or set again when it recomputed activations.
   *
   * @param begin the end of the operation of the backward pass before it, in seconds since the
   *     begin of the backward pass
   * @param second the time of the mark
   */
  public record Mark(boolean recomputed, double begin, double second) {}

  /**
   * Marks an array of a recorded computation.
   *
   * @return an array with the same memory, which takes the place of x; x itself if it is not part
   *     of a recorded computation
   */
  public static NDArray mark(NDArray x) {
    return isRecorded(x) ? Kernel.load("mark").apply(x).get(0) : x;
  }

  /**
   * Whether an array is part of a recorded computation. DJL's {@code hasGradient} recognizes only
   * leaves.
   */
  static boolean isRecorded(NDArray x) {
    return x.hasGradient() || Kernel.load("recorded").compute("recorded", x)[0] > 0;
  }

  /** Records a backward pass on this thread. */
  public static BackwardTrace of(Runnable backward) {
    List<Mark> marks = new ArrayList<>();
    double begin = Double.NaN; // of the first operation
    double end = Double.NaN; // of the last one
    for (OperatorTrace.Operator operator : OperatorTrace.of(backward).operators()) {
      boolean isNode = operator.name().startsWith(NODE);
      begin = isNode && Double.isNaN(begin) ? operator.begin() : begin;
      if (operator.name().equals(REACHED) || operator.name().equals(RECOMPUTED)) {
        marks.add(new Mark(!isNode, end - begin, operator.begin() - begin));
      }
      end = isNode ? operator.end() : end;
    }
    return new BackwardTrace(end - begin, marks);
  }
}
