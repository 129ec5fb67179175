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

/** A training step as one writes it by hand: layers and kernels, and nothing around them. */
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

  /** One step of AdamW on gradients clipped to a norm of 1; returns its loss. */
  double step(HostBatch items, double rate) {
    try (Batch batch = new Batch(items, model.device());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      NDArray sum = CrossEntropyKernel.of(model.forward(batch), batch.labels(), 0).sum();
      try (NativeList gradients = Torch.gradients(sum, weights).arrays()) {
        Kernel.load("gradients").number("scale_and_clip", gradients, 1.0 / items.size(), 1.0);
        Kernel.load("adam")
            .run(
                "adamw", weights, gradients, averages, squares, List.of(), steps, rate, 0.9, 0.999,
                0.01, 1e-8, false);
      }
      return sum.getFloat() / items.size();
    }
  }
}
