package dev.counterpoint.models.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.metric.Perplexity;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.models.transformer.TransformerConfig.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransformerLanguageModelTest {
  private static final int TOKENS = 5;

  private final TransformerLanguageModel model =
      new TransformerLanguageModel(Sequences.config(Task.LANGUAGE_MODEL, 0), Sequences.VOCABULARY);

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void logitsCoverTheVocabularyAtEachPosition() {
    HostTensor logits = new Predictor(model).predict(Sequences.single(1, 2, 3));

    assertThat(logits.shape()).isEqualTo(new Shape(1, 3, Sequences.VOCABULARY));
  }

  @Test
  void laterTokenDoesNotInfluenceEarlierPositions() {
    int prefixLength = 3 * Sequences.VOCABULARY;
    float[] first = logits(1, 2, 3, 4, 5);
    float[] second = logits(1, 2, 3, 6, 0);

    assertThat(Arrays.copyOf(first, prefixLength)).isEqualTo(Arrays.copyOf(second, prefixLength));
    assertThat(first).isNotEqualTo(second);
  }

  @Test
  void missingMaskEqualsAMaskOfOnes() {
    HostBatch masked = new Counting().collate(new long[] {0, 3, 5});
    Map<String, HostTensor> tensors = new TreeMap<>(masked.tensors());
    tensors.remove(Batch.MASK);
    HostBatch unmasked = new HostBatch(masked.size(), masked.tokens(), tensors);

    assertThat(new Predictor(model).predict(unmasked).floats())
        .containsExactly(new Predictor(model).predict(masked).floats(), within(1e-6f));
    Map<String, float[]> expected = gradients(masked);
    gradients(unmasked)
        .forEach(
            (name, gradient) ->
                assertThat(gradient).as(name).containsExactly(expected.get(name), within(1e-5f)));
  }

  private Map<String, float[]> gradients(HostBatch host) {
    Map<String, float[]> values = new TreeMap<>();
    try (Gradients gradients = new Gradients(model.parameters());
        Batch batch = new Batch(host, Device.cpu());
        ForwardScope scope = new ForwardScope();
        Torch.Recording recording = Torch.recordGradients()) {
      gradients.add(model.loss(model.forward(batch), batch).sum());
      gradients.all().forEach(it -> values.put(it.parameter().name(), it.array().toFloatArray()));
    }
    return values;
  }

  @Test
  void earlierTokenInfluencesLaterPositions() {
    float[] first = logits(1, 2, 3);
    float[] second = logits(4, 2, 3);

    assertThat(Arrays.copyOfRange(first, 2 * Sequences.VOCABULARY, first.length))
        .isNotEqualTo(Arrays.copyOfRange(second, 2 * Sequences.VOCABULARY, second.length));
  }

  @Test
  void trainingOnAPatternReducesThePerplexityToOne() {
    Evaluator evaluator = new Evaluator(model, List.of(Perplexity::new), 8);
    double before = evaluator.evaluate(new Counting()).value("perplexity");

    TrainingConfig config =
        TrainingConfig.defaults().withEpochs(60).withBatchSize(7).withOptimizer(AdamW.of(0.02));
    new Trainer(model, config).train(new Counting());

    double after = evaluator.evaluate(new Counting()).value("perplexity");
    assertThat(before).isBetween(0.7 * Sequences.VOCABULARY, 1.6 * Sequences.VOCABULARY);
    assertThat(after).isBetween(1.0, 1.1);
  }

  private float[] logits(long... ids) {
    return new Predictor(model).predict(Sequences.single(ids)).floats();
  }

  /** Each example counts up from another number, modulo the vocabulary size. */
  private static final class Counting implements Dataset {
    @Override
    public long size() {
      return Sequences.VOCABULARY;
    }

    @Override
    public HostBatch collate(long[] indices) {
      long[][] ids = new long[indices.length][TOKENS];
      long[] next = new long[indices.length * TOKENS];
      for (int i = 0; i < indices.length; i++) {
        for (int j = 0; j < TOKENS; j++) {
          ids[i][j] = (indices[i] + j) % Sequences.VOCABULARY;
          next[i * TOKENS + j] = (indices[i] + j + 1) % Sequences.VOCABULARY;
        }
        next[i * TOKENS] = CrossEntropy.IGNORED;
      }
      HostBatch tokens = Sequences.padded(TOKENS, 0, ids);
      return new HostBatch(
          indices.length,
          tokens.tokens(),
          Map.of(
              Batch.IDS, tokens.tensors().get(Batch.IDS),
              Batch.MASK, tokens.tensors().get(Batch.MASK),
              Batch.LABELS, HostTensor.of(next, indices.length, TOKENS)));
    }
  }
}
