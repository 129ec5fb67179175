package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final int WIDTH = 8;

  private final Tagger model = new Tagger();

  /** Attention over the features as tokens, so that kernels, masks and slices take part. */
  private static final class Tagger extends BaseModel {
    private final Embedding positions = new Embedding(4, WIDTH);
    private final MultiHeadAttention attention =
        new MultiHeadAttention(new AttentionConfig.Place(WIDTH, 2, true, 0.5));
    private final Dropout dropout = new Dropout(0.5);
    private final Linear head = new Linear(WIDTH, 3);

    @Override
    public NDArray forward(Batch batch) {
      NDArray x = batch.features().expandDims(2).mul(positions.first(4)); // (batch, 4, width)
      NDArray mask = batch.features().onesLike();
      return head.forward(dropout.forward(attention.forward(x, mask)).mean(new int[] {1}));
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void theModelIsEvaluatedWhateverItWasBefore() {
    model.setTraining(true);
    Predictor predictor = new Predictor(model);

    assertThat(model.training()).isFalse();
    assertThat(predictor.predict(items(1)).floats())
        .isEqualTo(predictor.predict(items(1)).floats());
  }

  @Test
  void theAnswerIsInJavaMemoryWithItsShape() {
    HostTensor logits = new Predictor(model).predict(items(1));

    assertThat(logits.shape()).isEqualTo(new Shape(5, 3));
    assertThat(logits.floats()).hasSize(15).doesNotContain(Float.NaN);
  }

  @Test
  void classesAreThePlacesOfTheLargestLogits() {
    Predictor predictor = new Predictor(model);
    float[] logits = predictor.predict(items(2)).floats();

    int[] classes = predictor.classes(items(2));

    assertThat(classes).hasSize(5);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 3; j++) {
        assertThat(logits[i * 3 + classes[i]]).isGreaterThanOrEqualTo(logits[i * 3 + j]);
      }
    }
  }

  @Test
  void manyThreadsGetTheAnswersOfOne() throws Exception {
    Predictor predictor = new Predictor(model);
    List<float[]> alone = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      alone.add(predictor.predict(items(i)).floats());
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<float[]>> asked = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        HostBatch items = items(i % 8);
        asked.add(threads.submit(() -> predictor.predict(items).floats()));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(asked.get(i).get()).isEqualTo(alone.get(i % 8));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void nothingIsLeftInNativeMemory() {
    Predictor predictor = new Predictor(model);
    predictor.predict(items(1));
    int before = liveArrays();

    for (int i = 0; i < 10; i++) {
      predictor.classes(items(i));
    }

    assertThat(liveArrays()).isEqualTo(before);
  }

  private static int liveArrays() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }

  private static HostBatch items(int seed) {
    float[] features = new float[5 * 4];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) Math.sin(seed * 31 + i);
    }
    return HostBatch.of(5, Map.of(Batch.FEATURES, HostTensor.of(features, 5, 4)));
  }
}
