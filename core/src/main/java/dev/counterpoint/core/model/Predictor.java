package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;

/** Asks a model that is no longer trained. Any number of threads may ask at once. */
public final class Predictor {
  private final BaseModel model;

  /** Puts the model into evaluation, where it must stay. */
  public Predictor(BaseModel model) {
    model.setTraining(false);
    this.model = model;
  }

  /** The output of the model's forward, copied into Java memory: mostly logits (batch, classes). */
  public HostTensor predict(HostBatch items) {
    try (Batch batch = new Batch(items, model.device());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.noGradients()) {
      NDArray output = model.forward(batch);
      return HostTensor.of(output.toFloatArray(), output.getShape().getShape());
    }
  }

  /** The number of the likeliest class of each item, from logits (batch, classes). */
  public int[] classes(HostBatch items) {
    HostTensor logits = predict(items);
    int classes = (int) logits.shape().tail();
    int[] likeliest = new int[items.size()];
    for (int i = 0; i < likeliest.length; i++) {
      for (int j = 1; j < classes; j++) {
        if (logits.floats()[i * classes + j] > logits.floats()[i * classes + likeliest[i]]) {
          likeliest[i] = j;
        }
      }
    }
    return likeliest;
  }
}
