package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import java.util.SplittableRandom;

/** A classifier with two layers: four features, three classes. */
public final class TinyClassifier extends BaseModel {
  private final Linear hidden = new Linear(4, 16);
  private final Dropout dropout;
  private final Linear head = new Linear(16, 3);

  public TinyClassifier(double dropout) {
    this.dropout = new Dropout(dropout);
  }

  @Override
  public NDArray forward(Batch batch) {
    NDArray x = Activation.GELU.forward(hidden.forward(batch.features()));
    return head.forward(dropout.forward(x)); // (batch, classes)
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  /** Examples whose class is the index of the largest of their first three features. */
  public static ArrayDataset examples(int count) {
    SplittableRandom random = new SplittableRandom(5);
    float[][] features = new float[count][4];
    long[] classes = new long[count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < 4; j++) {
        features[i][j] = (float) random.nextDouble(-1, 1);
      }
      for (int j = 1; j < 3; j++) {
        if (features[i][j] > features[i][(int) classes[i]]) {
          classes[i] = j;
        }
      }
    }
    return ArrayDataset.ofClasses(features, classes);
  }
}
