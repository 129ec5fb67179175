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
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final int WIDTH = 8;

  private final Tagger model = new Tagger();

  /** Attention over the features as tokens, to cover kernels, masks and slices. */
  private static final class Tagger extends BaseModel {
    private final Embedding positions = new Embedding(4, WIDTH);
    private final MultiHeadAttention attention =
        new MultiHeadAttention(new AttentionConfig.BlockSpec(WIDTH, 2, true, 0.5));
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
  void predictorSwitchesTheModelToEvaluation() {
    model.setTraining(true);
    Predictor predictor = new Predictor(model);

    assertThat(model.training()).isFalse();
    assertThat(predictor.predict(examples(1)).floats())
        .isEqualTo(predictor.predict(examples(1)).floats());
  }

  @Test
  void predictionIsCopiedToJavaMemoryWithItsShape() {
    HostTensor logits = new Predictor(model).predict(examples(1));

    assertThat(logits.shape()).isEqualTo(new Shape(5, 3));
    assertThat(logits.floats()).hasSize(15).doesNotContain(Float.NaN);
  }

  @Test
  void aTraceHasTheForwardPassesOfItsPredictionsOnly() {
    Predictor predictor = new Predictor(model);
    HostBatch examples = examples(1);
    List<HostTensor> outputs = new ArrayList<>();

    List<Predictor.Pass> passes =
        Predictor.trace(
            () -> {
              outputs.add(predictor.predict(examples));
              outputs.add(predictor.predict(examples(2)));
            });
    predictor.predict(examples(3));

    assertThat(passes).extracting(Predictor.Pass::outputs).containsExactlyElementsOf(outputs);
    assertThat(passes.get(0).inputs()).isSameAs(examples);
  }

  @Test
  void classesAreTheIndicesOfTheLargestLogits() {
    Predictor predictor = new Predictor(model);
    float[] logits = predictor.predict(examples(2)).floats();

    int[] classes = predictor.classes(examples(2));

    assertThat(classes).hasSize(5);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 3; j++) {
        assertThat(logits[i * 3 + classes[i]]).isGreaterThanOrEqualTo(logits[i * 3 + j]);
      }
    }
  }

  @Test
  void concurrentPredictionsEqualSequentialOnes() throws Exception {
    Predictor predictor = new Predictor(model);
    List<float[]> sequential = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      sequential.add(predictor.predict(examples(i)).floats());
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<float[]>> concurrent = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        HostBatch examples = examples(i % 8);
        concurrent.add(threads.submit(() -> predictor.predict(examples).floats()));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(concurrent.get(i).get()).isEqualTo(sequential.get(i % 8));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void predictionsDoNotLeakNativeMemory() {
    Predictor predictor = new Predictor(model);
    predictor.predict(examples(1));
    Set<String> before = liveArrays();

    for (int i = 0; i < 10; i++) {
      predictor.classes(examples(i));
    }

    assertThat(liveArrays()).isSubsetOf(before); // Those of earlier tests may be freed.
  }

  /** The ids of all arrays of the process. */
  private static Set<String> liveArrays() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      return manager.getParentManager().getManagedArrays().stream()
          .map(NDArray::getUid)
          .collect(Collectors.toSet());
    }
  }

  private static HostBatch examples(int seed) {
    float[] features = new float[5 * 4];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) Math.sin(seed * 31 + i);
    }
    return HostBatch.of(5, Map.of(Batch.FEATURES, HostTensor.of(features, 5, 4)));
  }
}
