package dev.counterpoint.core.generation;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Set;

/**
 * Settings of text generation; names and meaning are those of Hugging Face's {@code generate}.
 *
 * @param maxTokens maximum number of new tokens
 * @param sample whether tokens are sampled; otherwise the most likely token is taken
 * @param temperature divides the logits before sampling
 * @param topK number of most likely tokens to sample from; 0 for all
 * @param topP total probability of the most likely tokens to sample from; 1 for all
 * @param repetitionPenalty reduces the probability of tokens that already occur (Keskar et al.
 *     2019); 1 for no penalty
 * @param beams number of beams, at most {@value #MAX_BEAMS}; 1 for no beam search
 * @param stop ids of the tokens that end a sequence; they are included in it
 * @param seed random seed of the sampling
 */
public record GenerationSettings(
    int maxTokens,
    boolean sample,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    int beams,
    Set<Long> stop,
    long seed) {
  private static final int MAX_BEAMS = 1_000;
  private static final double MIN_TEMPERATURE = 1e-4;
  private static final double MAX_FACTOR = 1e4;

  public GenerationSettings {
    new Checks()
        .positive("maxTokens", maxTokens)
        .within("temperature", temperature, MIN_TEMPERATURE, MAX_FACTOR)
        .notNegative("topK", topK)
        .fraction("topP", topP)
        .within("repetitionPenalty", repetitionPenalty, 1 / MAX_FACTOR, MAX_FACTOR)
        .size("beams", beams, MAX_BEAMS)
        .verify();
    if (sample && beams > 1) {
      throw new InvalidSettings(
          "Beam search cannot be combined with sampling: set beams to 1 or disable sampling.");
    }
    stop = Set.copyOf(stop);
  }

  /** Greedy decoding: the most likely token at each step. */
  public static GenerationSettings greedy(int maxTokens, Set<Long> stop) {
    return new GenerationSettings(maxTokens, false, 1, 0, 1, 1, 1, stop, 17);
  }

  /** Beam search with the given number of beams. */
  public static GenerationSettings beams(int beams, int maxTokens, Set<Long> stop) {
    return new GenerationSettings(maxTokens, false, 1, 0, 1, 1, beams, stop, 17);
  }
}
