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
  void tokensAreDrawnAsOftenAsTheyAreLikely() {
    assertThat(share(sampled(1, 0, 1), 2)).isCloseTo(5 / 8.0, within(0.03));
    assertThat(share(sampled(1, 0, 1), 0)).isCloseTo(1 / 8.0, within(0.03));
  }

  @Test
  void aLowTemperatureMakesTheLikeliestLikelier() {
    assertThat(share(sampled(0.5, 0, 1), 2)).isCloseTo(25 / 30.0, within(0.03));
  }

  @Test
  void onlyTheLikeliestAreDrawnFromWhereTheirNumberIsGiven() {
    assertThat(share(sampled(1, 2, 1), 0)).isZero();
    assertThat(share(sampled(1, 2, 1), 1)).isCloseTo(2 / 7.0, within(0.03));
    assertThat(share(sampled(1, 1, 1), 2)).isEqualTo(1);
  }

  @Test
  void onlyTheLikeliestAreDrawnFromThatTogetherAreLikelyEnough() {
    assertThat(share(sampled(1, 0, 0.6), 2)).isEqualTo(1);
    assertThat(share(sampled(1, 0, 0.65), 1)).isCloseTo(2 / 7.0, within(0.03));
    assertThat(share(sampled(1, 0, 0.65), 0)).isZero();
  }

  @Test
  void theSameSeedDrawsTheSameAndAnotherDoesNot() {
    assertThat(generate(sampled(1, 0, 1), 1)).isEqualTo(generate(sampled(1, 0, 1), 1));
    assertThat(generate(sampled(1, 0, 1), 1))
        .isNotEqualTo(
            generate(new GenerationSettings(2_000, true, 1, 0, 1, 1, 1, Set.of(), 18), 1));
  }

  @Test
  void whatIsThereAlreadyIsPenalized() {
    GenerationSettings settings = new GenerationSettings(3, false, 1, 0, 1, 3, 1, Set.of(), 17);

    // log 5 / 3 < log 2; then log 2 / 3 < log 5 / 3
    assertThat(generate(settings, 0)).containsExactly(2L, 1L, 2L);
  }

  @Test
  void aPenaltyMakesNegativeLogitsSmaller() {
    double[] logits = {-1, -2, 3};
    new TokenSampler(new GenerationSettings(1, false, 1, 0, 1, 2, 1, Set.of(), 17))
        .penalize(logits, List.of(0L, 2L, 2L));

    assertThat(logits).containsExactly(-2, -2, 1.5);
  }

  @Test
  void theListenerHearsEveryToken() {
    List<Long> heard = new ArrayList<>();
    List<List<Long>> made =
        new Generator(new Constant(), sampled(1, 0, 1), 3_000, Device.cpu())
            .generate(List.of(new long[] {1}), (prompt, token) -> heard.add(token));

    assertThat(heard).isEqualTo(made.get(0));
  }

  /** Were one beam left, the model would be told of one text too few. */
  @Test
  void beamsStayAsManyWhereAllButOneOfTheLikeliestStepsEnd() {
    float[][] next = {{0, 0, 0.4f, 0.5f, 0.1f}, {0, 0, 0.2f, 0.5f, 0.3f}, {0.6f, 0.4f, 0, 0, 0}};
    DecoderSession.Model model =
        () ->
            new Watched(
                (ids, positions) -> {
                  long[] last = ids.get(":, -1").toLongArray();
                  NDArray logits = ids.getManager().create(new Shape(last.length, 5));
                  for (int row = 0; row < last.length; row++) {
                    NDArray likely = ids.getManager().create(next[(int) last[row]]);
                    logits.set(new NDIndex(row), likely.add(1e-9));
                  }
                  return logits.log();
                });
    GenerationSettings beams = GenerationSettings.beams(2, 3, Set.of(3L, 4L));

    // 0.6 * 0.5, the mean of 2, is likelier than 0.6 * 0.4 * 0.6, the mean of 3.
    assertThat(
            new Generator(model, beams, 8, Device.cpu())
                .generate(List.of(new long[] {2}), (prompt, token) -> {}))
        .containsExactly(List.of(0L, 3L));
  }

  /** The longer text has no more room when the other still goes on. */
  @Test
  void noPositionIsBehindTheLengthThatTheModelTakes() {
    List<Long> highest = new ArrayList<>();
    DecoderSession.Model model =
        () ->
            new Watched(
                (ids, positions) -> {
                  highest.add(positions.max().getLong());
                  return ids.getManager().create(new Shape(ids.getShape().get(0), 4));
                });
    List<List<Long>> made =
        new Generator(model, GenerationSettings.greedy(100, Set.of()), 8, Device.cpu())
            .generate(List.of(new long[6], new long[1]), (prompt, token) -> {});

    assertThat(made).extracting(List::size).containsExactly(2, 7);
    assertThat(highest).containsExactly(5L, 6L, 7L, 7L, 7L, 7L, 7L);
  }

  @Test
  void beamsGoOnWhereTheLikeliestTokensAllEndATextAndAreMany() {
    DecoderSession.Model model =
        () ->
            new Watched(
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
  void aPromptWithoutTokensOrWithoutRoomIsRefused() {
    Generator generator =
        new Generator(new Constant(), GenerationSettings.greedy(1, Set.of()), 3, Device.cpu());
    assertThatThrownBy(() -> generator.generate(List.of(new long[0]), (prompt, token) -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("A prompt is empty");
    assertThatThrownBy(() -> generator.generate(List.of(new long[3]), (prompt, token) -> {}))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("A prompt of 3 tokens leaves no room: the model takes 3");
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> new GenerationSettings(0, true, 0, -1, 0, 0, 0, Set.of(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("maxTokens")
        .hasMessageContaining("topP 0 must be greater than 0 and at most 1");
    assertThatThrownBy(() -> new GenerationSettings(1, true, 1, 0, 1, 1, 2, Set.of(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Beams");
  }

  private static GenerationSettings sampled(double temperature, int topK, double topP) {
    return new GenerationSettings(2_000, true, temperature, topK, topP, 1, 1, Set.of(), 17);
  }

  private static double share(GenerationSettings settings, long token) {
    List<Long> made = generate(settings, 1);
    return (double) made.stream().filter(each -> each == token).count() / made.size();
  }

  private static List<Long> generate(GenerationSettings settings, long prompt) {
    return new Generator(new Constant(), settings, 3_000, Device.cpu())
        .generate(List.of(new long[] {prompt}), (row, token) -> {})
        .get(0);
  }

  /** A model to which all texts are alike. */
  private static final class Constant implements DecoderSession.Model, DecoderSession {
    @Override
    public DecoderSession begin() {
      return this;
    }

    @Override
    public NDArray read(NDArray ids, NDArray positions, @Nullable NDArray mask) {
      return ids.getManager().create(LOGITS, new Shape(1, LOGITS.length));
    }

    @Override
    public void select(NDArray rows) {}

    @Override
    public void close() {}
  }

  /** A model of which the test says what it answers to ids and positions. */
  private record Watched(BinaryOperator<NDArray> answer) implements DecoderSession {
    @Override
    public NDArray read(NDArray ids, NDArray positions, @Nullable NDArray mask) {
      return answer.apply(ids, positions);
    }

    @Override
    public void select(NDArray rows) {}

    @Override
    public void close() {}
  }
}
