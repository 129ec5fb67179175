package dev.counterpoint.core.loss;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import java.util.Map;

/** The loss of one batch and the gradient of its sum with respect to the output. */
record Measured(double sum, double weight, float[] gradient) {
  static Measured of(Loss loss, float[] output, HostTensor labels, long... shape) {
    return of(loss, output, Map.of(Batch.LABELS, labels), shape);
  }

  static Measured of(Loss loss, float[] output, Map<String, HostTensor> tensors, long... shape) {
    int items = (int) tensors.get(Batch.LABELS).shape().get(0);
    HostBatch host = HostBatch.of(items, tensors);
    try (NDManager manager = Torch.newManager(Device.cpu());
        Batch batch = new Batch(host, Device.cpu());
        Torch.Recording on = Torch.recordGradients()) {
      NDArray leaf = manager.create(output, new ai.djl.ndarray.types.Shape(shape));
      leaf.setRequiresGradient(true);
      LossSum measured = loss.of(leaf, batch);
      Torch.backward(measured.sum());
      return new Measured(measured.total(), measured.weight(), leaf.getGradient().toFloatArray());
    }
  }
}
