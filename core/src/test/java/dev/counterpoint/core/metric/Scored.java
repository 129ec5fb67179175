package dev.counterpoint.core.metric;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import java.util.Map;

/** Passes outputs to a metric, as the evaluator does. */
final class Scored {
  private Scored() {}

  static void add(Metric metric, float[] output, HostTensor labels, long... shape) {
    HostBatch host = HostBatch.of((int) labels.shape().get(0), Map.of(Batch.LABELS, labels));
    try (NDManager manager = Torch.newManager(Device.cpu());
        Batch batch = new Batch(host, Device.cpu())) {
      metric.add(manager.create(output, new Shape(shape)), batch);
    }
  }

  /** Logits of three classes; the given class has the largest one. */
  static float[] logits(int... classes) {
    float[] logits = new float[classes.length * 3];
    for (int i = 0; i < classes.length; i++) {
      logits[i * 3 + classes[i]] = 1 + i;
    }
    return logits;
  }
}
