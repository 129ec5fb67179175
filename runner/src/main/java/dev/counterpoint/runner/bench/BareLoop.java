package dev.counterpoint.runner.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.CrossEntropyKernel;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import java.util.ArrayList;
import java.util.List;

/** A training step as one writes it by hand: layers and kernels, and nothing around them. */
final class BareLoop {
  private final BaseModel model;
  private final List<NDArray> weights = new ArrayList<>();
  private final List<NDArray> averages = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();

  BareLoop(BaseModel model, NDManager memory) {
    this.model = model;
    model.parameters().forEach(it -> weights.add(it.value()));
    weights.forEach(it -> averages.add(memory.zeros(it.getShape())));
    weights.forEach(it -> squares.add(memory.zeros(it.getShape())));
    weights.forEach(it -> steps.add(memory.zeros(new Shape())));
  }

  /** One step of AdamW on gradients clipped to a norm of 1; returns its loss. */
  double step(HostBatch items, double rate) {
    try (Batch batch = new Batch(items, model.device());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      NDArray sum = CrossEntropyKernel.of(model.forward(batch), batch.labels(), 0).sum();
      NDArray mean = sum.div(items.size());
      NDList gradients = Torch.gradients(mean, weights);
      double norm = 0;
      for (float one : Kernel.load("gradients").compute("norms", gradients, 2.0)) {
        norm += one * one;
      }
      double factor = Math.min(1, 1 / (Math.sqrt(norm) + 1e-6));
      Kernel.load("gradients").run("scale", gradients, factor);
      Kernel.load("adam")
          .run(
              "adamw", weights, gradients, averages, squares, List.of(), steps, rate, 0.9, 0.999,
              0.01, 1e-8, false);
      return mean.getFloat();
    }
  }
}
