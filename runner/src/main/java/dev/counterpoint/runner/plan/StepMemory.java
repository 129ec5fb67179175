package dev.counterpoint.runner.plan;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.OperatorTrace;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Prediction of the memory of a micro-batch from forward and backward passes of a few examples:
 * libtorch's profiler records what each operator allocates, which is a linear function of the
 * number of examples. The peak is not: with few examples it is at the end of the backward pass,
 * when all gradients exist, and with many at its begin.
 */
final class StepMemory {
  private static final int TRACED = 4; // examples

  private StepMemory() {}

  /**
   * The peak of a forward and backward pass in bytes, with the gradients of the parameters.
   *
   * @param longest the index of the longest example
   * @param examples the number of examples of the micro-batch
   */
  static long predict(BaseModel model, Dataset train, long longest, int examples) {
    int many = Math.min(TRACED, examples);
    int few = (many + 1) / 2;
    double[] ofMany = memory(model, train, longest, many);
    double[] ofFew = few == many ? ofMany : memory(model, train, longest, few);
    DoubleStream memory =
        ofFew.length == ofMany.length && few < many
            ? IntStream.range(0, ofMany.length)
                .mapToDouble(
                    i -> ofMany[i] + (ofMany[i] - ofFew[i]) / (many - few) * (examples - many))
            : Arrays.stream(ofMany).map(bytes -> bytes * examples / many);
    return Math.round(memory.max().orElse(0));
  }

  /** The memory after each operator of a forward and backward pass. */
  private static double[] memory(BaseModel model, Dataset train, long longest, int examples) {
    long[] indices = LongStream.range(0, examples).map(i -> (longest + i) % train.size()).toArray();
    model.setTraining(true);
    try (Batch batch = new Batch(train.collate(indices), model.device());
        Gradients gradients = new Gradients(model.parameters());
        ForwardScope scope = ForwardScope.record(1)) {
      AtomicReference<NDArray> loss = new AtomicReference<>();
      double[] forward =
          OperatorTrace.of(() -> loss.set(model.loss(model.forward(batch), batch).sum())).memory();
      double[] backward =
          OperatorTrace.of(() -> gradients.add(requireNonNull(loss.get()), scope)).memory();
      double end = forward.length == 0 ? 0 : forward[forward.length - 1]; // on a GPU it is unknown
      return DoubleStream.concat(
              Arrays.stream(forward), Arrays.stream(backward).map(bytes -> end + bytes))
          .toArray();
    }
  }
}
