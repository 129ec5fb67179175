package dev.counterpoint.runner.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.CrossEntropyKernel;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import java.util.ArrayList;
import java.util.List;

/**
 * The step of a training as one would write it by hand: layers and kernels, and nothing around
 * them.
 */
final class BareLoop {
  private final BaseModel model;
  private final List<NDArray> weights = new ArrayList<>();
  private final List<NDArray> averages = new ArrayList<>();
  private final List<NDArray> squares = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();
  private List<NDArray> gradients = List.of();

  BareLoop(BaseModel model, NDManager manager) {
    this.model = model;
    for (Parameter parameter : model.parameters()) {
      weights.add(parameter.value());
      averages.add(manager.zeros(parameter.shape()));
      squares.add(manager.zeros(parameter.shape()));
      steps.add(manager.zeros(new ai.djl.ndarray.types.Shape()));
    }
  }

  /** One step; returns its loss. */
  double step(HostBatch items, double rate) {
    try (Batch batch = new Batch(items, model.device());
        NDScope scope = new NDScope()) {
      JniUtils.setGradMode(true);
      NDArray sum =
          CrossEntropyKernel.of(model.forward(batch), batch.labels(), 0).sum().div(items.size());
      JniUtils.backward((PtNDArray) sum, (PtNDArray) sum.onesLike(), false, false);
      JniUtils.setGradMode(false);
      double loss = sum.getFloat();
      if (gradients.isEmpty()) {
        gradients =
            weights.stream().map(it -> (NDArray) JniUtils.getGradient((PtNDArray) it)).toList();
        gradients.forEach(NDScope::unregister);
      }
      Kernel kernel = Kernel.load("gradients");
      double norm = 0;
      for (float one : kernel.compute("norms", gradients, 2.0)) {
        norm += one * one;
      }
      kernel.run("scale", gradients, Math.min(1, 1 / (Math.sqrt(norm) + 1e-6)));
      Kernel adam = Kernel.load("adam");
      adam.run(
          "adamw", weights, gradients, averages, squares, List.of(), steps, rate, 0.9, 0.999, 0.01,
          1e-8, false);
      kernel.run("clear", gradients);
      return loss;
    }
  }
}
