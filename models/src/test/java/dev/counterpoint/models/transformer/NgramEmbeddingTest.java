package dev.counterpoint.models.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NgramEmbeddingTest {
  private static final int ROWS = 11;

  private final Holder model = new Holder();
  private final NDManager manager = NDManager.newBaseManager();

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    manager.close();
    model.close();
  }

  @Test
  void eachLengthHasItsOwnTable() {
    assertThat(model.parameters())
        .extracting(Parameter::toString)
        .containsExactly("ngrams.tables.0.weight(11, 1)", "ngrams.tables.1.weight(11, 1)");
  }

  @Test
  void positionGetsTheEmbeddingsOfItsBigramAndTrigram() {
    long[] ids = {3, 5, 2, 7};
    float[] sums = sums(ids);

    for (int position = 0; position < ids.length; position++) {
      long previous = position < 1 ? 0 : ids[position - 1];
      long secondPrevious = position < 2 ? 0 : ids[position - 2];
      int bigram = (int) ((ids[position] * 1_000_003L + previous) % ROWS);
      int trigram = (int) ((bigram * 1_000_003L + secondPrevious) % ROWS);
      float expected =
          table("ngrams.tables.0.weight")[bigram] + table("ngrams.tables.1.weight")[trigram];
      assertThat(sums[position]).isEqualTo(expected);
    }
  }

  @Test
  void laterTokensDoNotInfluenceEarlierPositions() {
    assertThat(Arrays.copyOf(sums(3, 5, 2, 7), 3)).isEqualTo(sums(3, 5, 2));
  }

  @Test
  void singleTokenIsSupported() {
    assertThat(sums(4)).hasSize(1);
  }

  private float[] sums(long... ids) {
    NDArray zeros = manager.zeros(new Shape(1, ids.length, 1));
    NDArray tokens = manager.create(ids).reshape(1, ids.length);
    return model.ngrams.addTo(zeros, tokens).toFloatArray();
  }

  private float[] table(String name) {
    Map<String, Parameter> byName =
        model.parameters().stream().collect(Collectors.toMap(Parameter::name, Function.identity()));
    return byName.get(name).value().toFloatArray();
  }

  private static final class Holder extends BaseModel {
    private final NgramEmbedding ngrams = new NgramEmbedding(3, ROWS, 1, 1.0);

    @Override
    public NDArray forward(Batch batch) {
      return ngrams.addTo(batch.features(), batch.ids());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }
}
