package dev.counterpoint.strategies.distributed;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;

/** A small classifier of points, for tests. */
final class TinyModel extends BaseModel {
  private final Linear hidden = new Linear(3, 8);
  private final Dropout dropout;
  private final Linear head = new Linear(8, 2);

  private final int failing;
  private int passes;

  TinyModel(double dropout) {
    this(dropout, -1);
  }

  /** A model whose output is not a number in one of its passes, from 0. */
  TinyModel(double dropout, int failing) {
    this.dropout = new Dropout(dropout);
    this.failing = failing;
  }

  @Override
  public NDArray forward(Batch batch) {
    NDArray x = Activation.TANH.forward(hidden.forward(batch.features()));
    NDArray output = head.forward(dropout.forward(x)); // (batch, 2)
    return passes++ == failing ? output.mul(Float.NaN) : output;
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  static ArrayDataset examples(int count) {
    float[][] features = new float[count][3];
    long[] classes = new long[count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < 3; j++) {
        features[i][j] = (float) Math.sin(3 * i + j + 0.1 * i * j);
      }
      classes[i] = features[i][0] + features[i][1] > 0 ? 1 : 0;
    }
    return ArrayDataset.ofClasses(features, classes);
  }
}
