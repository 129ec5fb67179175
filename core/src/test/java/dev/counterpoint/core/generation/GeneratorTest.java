package dev.counterpoint.core.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GeneratorTest {
  private static final float[] LOGITS = {0, (float) Math.log(2), (float) Math.log(5), -1e9f};

  @Test
  void samplingFollowsTheProbabilities() {
    assertThat(share(sampled(1, 0, 1), 2)).isCloseTo(5 / 8.0, within(0.03));
    assertThat(share(sampled(1, 0, 1), 0)).isCloseTo(1 / 8.0, within(0.03));
  }

  @Test
  void lowTemperatureSharpensTheDistribution() {
    assertThat(share(sampled(0.5, 0, 1), 2)).isCloseTo(25 / 30.0, within(0.03));
  }

  @Test
  void topKLimitsSamplingToTheMostLikelyTokens() {
    assertThat(share(sampled(1, 2, 1), 0)).isZero();
    assertThat(share(sampled(1, 2, 1), 1)).isCloseTo(2 / 7.0, within(0.03));
    assertThat(share(sampled(1, 1, 1), 2)).isEqualTo(1);
  }

  @Test
  void topPLimitsSamplingByTotalProbability() {
    assertThat(share(sampled(1, 0, 0.6), 2)).isEqualTo(1);
    assertThat(share(sampled(1, 0, 0.65), 1)).isCloseTo(2 / 7.0, within(0.03));
    assertThat(share(sampled(1, 0, 0.65), 0)).isZero();
  }

  @Test
  void samplesDependOnTheSeed() {
    assertThat(generate(sampled(1, 0, 1), 1)).isEqualTo(generate(sampled(1, 0, 1), 1));
    assertThat(generate(sampled(1, 0, 1), 1))
        .isNotEqualTo(
            generate(new GenerationSettings(2_000, true, 1, 0, 1, 1, 1, Set.of(), 18), 1));
  }

  @Test
  void repetitionPenaltyAppliesToExistingTokens() {
    GenerationSettings settings = new GenerationSettings(3, false, 1, 0, 1, 3, 1, Set.of(), 17);

    // log 5 / 3 < log 2; then log 2 / 3 < log 5 / 3
    assertThat(generate(settings, 0)).containsExactly(2L, 1L, 2L);
  }

  @Test
  void repetitionPenaltyReducesNegativeLogits() {
    double[] logits = {-1, -2, 3};
    new TokenSampler(new GenerationSettings(1, false, 1, 0, 1, 2, 1, Set.of(), 17))
        .penalize(logits, List.of(0L, 2L, 2L));

    assertThat(logits).containsExactly(-2, -2, 1.5);
  }

  @Test
  void listenerReceivesEveryToken() {
    List<Long> received = new ArrayList<>();
    List<List<Long>> generated =
        new Generator(new Constant(), sampled(1, 0, 1), 3_000, Device.cpu())
            .generate(List.of(new long[] {1}), (prompt, token) -> received.add(token));

    assertThat(received).isEqualTo(generated.get(0));
  }

  /** With only one unfinished beam left, the model would receive one row too few. */
  @Test
  void beamCountIsKeptWhenMostCandidatesFinish() {
    float[][] next = {{0, 0, 0.4f, 0.5f, 0.1f}, {0, 0, 0.2f, 0.5f, 0.3f}, {0.6f, 0.4f, 0, 0, 0}};
    DecoderSession.Model model =
        () ->
            new FunctionSession(
                (ids, positions) -> {
                  long[] last = ids.get(":, -1").toLongArray();
                  NDArray logits = ids.getManager().zeros(new Shape(last.length, 5));
                  for (int row = 0; row < last.length; row++) {
                    NDArray likely = ids.getManager().create(next[(int) last[row]]);
                    logits.set(new NDIndex(row), likely.add(1e-9));
                  }
                  return logits.log();
                });
    GenerationSettings beams = GenerationSettings.beams(2, 3, Set.of(3L, 4L));

    // The mean over 2 tokens of 0.6 * 0.5 exceeds the mean over 3 tokens of 0.6 * 0.4 * 0.6.
    assertThat(
            new Generator(model, beams, 8, Device.cpu())
                .generate(List.of(new long[] {2}), (prompt, token) -> {}))
        .containsExactly(List.of(0L, 3L));
  }

  /** The longer sequence is full while the shorter one continues. */
  @Test
  void positionsStayBelowTheMaximumLength() {
    List<Long> highest = new ArrayList<>();
    DecoderSession.Model model =
        () ->
            new FunctionSession(
                (ids, positions) -> {
                  highest.add(positions.max().getLong());
                  return ids.getManager().zeros(new Shape(ids.getShape().get(0), 4));
                });
    List<List<Long>> generated =
        new Generator(model, GenerationSettings.greedy(100, Set.of()), 8, Device.cpu())
            .generate(List.of(new long[6], new long[1]), (prompt, token) -> {});

    assertThat(generated).extracting(List::size).containsExactly(2, 7);
    assertThat(highest).containsExactly(5L, 6L, 7L, 7L, 7L, 7L, 7L);
  }

  @Test
  void beamSearchWorksWhenAllMostLikelyTokensAreStopTokens() {
    DecoderSession.Model model =
        () ->
            new FunctionSession(
                (ids, positions) ->
                    ids.getManager()
                        .arange(6, 0, -1, DataType.FLOAT32)
                        .broadcast(ids.getShape().get(0), 6));
    GenerationSettings beams = GenerationSettings.beams(2, 5, Set.of(0L, 1L, 2L));

    assertThat(
            new Generator(model, beams, 20, Device.cpu())
                .generate(List.of(new long[] {3}), (prompt, token) -> {}))
        .containsExactly(List.of(0L));
  }

  @Test
  void emptyOrTooLongPromptIsRejected() {
    Generator generator =
        new Generator(new Constant(), GenerationSettings.greedy(1, Set.of()), 3, Device.cpu());
    assertThatThrownBy(() -> generator.generate(List.of(new long[0]), (prompt, token) -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("empty");
    assertThatThrownBy(() -> generator.generate(List.of(new long[3]), (prompt, token) -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("3 tokens")
        .hasMessageContaining("maximum is 3");
  }

  @Test
  void invalidSettingsAreRejected() {
    assertThatThrownBy(() -> new GenerationSettings(0, true, 0, -1, 0, 0, 0, Set.of(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("maxTokens")
        .hasMessageContaining("topP 0 must be greater than 0 and at most 1");
    assertThatThrownBy(() -> new GenerationSettings(1, true, 1, 0, 1, 1, 2, Set.of(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("beams")
        .hasMessageContaining("sampling");
    assertThatThrownBy(() -> GenerationSettings.beams(1_000_000, 1, Set.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("beams 1000000");
  }

  private static GenerationSettings sampled(double temperature, int topK, double topP) {
    return new GenerationSettings(2_000, true, temperature, topK, topP, 1, 1, Set.of(), 17);
  }

  private static double share(GenerationSettings settings, long token) {
    List<Long> generated = generate(settings, 1);
    return (double) generated.stream().filter(it -> it == token).count() / generated.size();
  }

  private static List<Long> generate(GenerationSettings settings, long prompt) {
    return new Generator(new Constant(), settings, 3_000, Device.cpu())
        .generate(List.of(new long[] {prompt}), (row, token) -> {})
        .get(0);
  }

  /** A model whose logits do not depend on the input. */
  private static final class Constant implements DecoderSession.Model, DecoderSession {
    @Override
    public DecoderSession newSession() {
      return this;
    }

    @Override
    public NDArray forward(NDArray ids, NDArray positions, @Nullable NDArray mask) {
      return ids.getManager().create(LOGITS, new Shape(1, LOGITS.length));
    }

    @Override
    public void reorder(NDArray rows) {}

    @Override
    public void close() {}
  }

  /** A session whose logits are computed by a function of ids and positions. */
  private record FunctionSession(BinaryOperator<NDArray> logits) implements DecoderSession {
    @Override
    public NDArray forward(NDArray ids, NDArray positions, @Nullable NDArray mask) {
      return logits.apply(ids, positions);
    }

    @Override
    public void reorder(NDArray rows) {}

    @Override
    public void close() {}
  }
}
