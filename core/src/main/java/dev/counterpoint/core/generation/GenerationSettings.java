package dev.counterpoint.core.generation;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Set;

/**
 * How a text is gone on with; the names and the meaning are those of Hugging Face's {@code
 * generate}.
 *
 * @param maxTokens the most new tokens
 * @param sample whether tokens are drawn; else the likeliest is taken
 * @param temperature logits are divided by it before drawing
 * @param topK only so many of the likeliest are drawn from; 0: all
 * @param topP only the likeliest are drawn from that together have this probability; 1: all
 * @param repetitionPenalty makes tokens that are there already less likely (Keskar et al. 2019); 1:
 *     does not
 * @param beams texts that are gone on with at once, of which the likeliest is taken; 1: none
 * @param stop ids that end a text; they are part of it
 * @param seed of what is drawn
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
  public GenerationSettings {
    new Checks()
        .positive("maxTokens", maxTokens)
        .positive("temperature", temperature)
        .notNegative("topK", topK)
        .that(topP > 0 && topP <= 1, "topP", topP, "must be greater than 0 and at most 1")
        .positive("repetitionPenalty", repetitionPenalty)
        .positive("beams", beams)
        .verify();
    if (sample && beams > 1) {
      throw new InvalidSettings("Beams take the likeliest tokens; they do not go with sampling.");
    }
    stop = Set.copyOf(stop);
  }

  /** The likeliest token each time. */
  public static GenerationSettings greedy(int maxTokens, Set<Long> stop) {
    return new GenerationSettings(maxTokens, false, 1, 0, 1, 1, 1, stop, 17);
  }

  /** The likeliest text of so many that are gone on with. */
  public static GenerationSettings beams(int beams, int maxTokens, Set<Long> stop) {
    return new GenerationSettings(maxTokens, false, 1, 0, 1, 1, beams, stop, 17);
  }
}
