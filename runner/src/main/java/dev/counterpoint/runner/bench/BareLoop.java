package dev.counterpoint.runner.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.NativeList;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.kernel.operator.CrossEntropyKernel;
import dev.counterpoint.core.model.BaseModel;
import java.util.List;

/** A hand-written training step: a baseline that shows the overhead of the trainer. */
final class BareLoop {
  private final BaseModel model;
  private final NativeList weights;
  private final NativeList averages;
  private final NativeList squares;
  private final NativeList steps;

  BareLoop(BaseModel model, NDManager memory) {
    this.model = model;
    List<NDArray> values = model.parameters().stream().map(it -> it.value()).toList();
    weights = NativeList.of(values);
    averages = NativeList.of(values.stream().map(it -> memory.zeros(it.getShape())).toList());
    squares = NativeList.of(values.stream().map(it -> memory.zeros(it.getShape())).toList());
    steps = NativeList.of(values.stream().map(it -> memory.zeros(new Shape())).toList());
  }

  /** Runs one AdamW step with gradients clipped to a norm of 1, and returns the mean loss. */
  double step(HostBatch examples, double learningRate) {
    try (Batch batch = new Batch(examples, model.device());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      NDArray sum = CrossEntropyKernel.of(model.forward(batch), batch.labels(), 0).sum();
      try (NativeList gradients = Torch.gradients(sum, weights).arrays()) {
        Kernel.load("gradients").number("scale_and_clip", gradients, 1.0 / examples.size(), 1.0);
        Kernel.load("adam")
            .run(
                "adamw",
                weights,
                gradients,
                averages,
                squares,
                List.of(),
                steps,
                learningRate,
                0.9,
                0.999,
                0.01,
                1e-8,
                false);
      }
      return sum.getFloat() / examples.size();
    }
  }
}
