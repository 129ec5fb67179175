package dev.counterpoint.tasks.maskedlanguagemodel;

import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.parameter.Seeds;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Selects tokens at random. Of the selected tokens 80 % become the mask, 10 % a random token, and
 * 10 % stay as they are (Devlin et al. 2019; {@code DataCollatorForLanguageModeling}). Special
 * tokens are never selected. The selection depends on seed, epoch and example only.
 *
 * @param probability the probability that a token, or a word, is selected
 * @param wholeWord whether all tokens of a word are selected together
 * @param mask the id of the mask
 * @param special the ids that are not selected
 * @param continuations the ids of tokens that belong to the word of the token before them
 */
record Masking(
    long seed,
    double probability,
    boolean wholeWord,
    int mask,
    int vocabularySize,
    Set<Integer> special,
    Set<Integer> continuations) {
  private static final double MASKED = 0.8;
  private static final double RANDOM = 0.9;

  /**
   * The masking of a tokenizer.
   *
   * @throws InvalidSettings if the tokenizer has no mask, or none of its tokens continues a word
   */
  static Masking of(Tokenizer tokenizer, double probability, boolean wholeWord, long seed) {
    Set<Integer> continuations = wholeWord ? tokenizer.continuations() : Set.of();
    if (wholeWord && continuations.isEmpty()) {
      throw new InvalidSettings(
          "data.wholeWord needs tokens that begin with ## inside of words; %s has none.",
          tokenizer.name());
    }
    return new Masking(
        Seeds.of(seed, "masks"),
        probability,
        wholeWord,
        tokenizer.mask(),
        tokenizer.vocabularySize(),
        tokenizer.specialIds(),
        continuations);
  }

  /**
   * Masks one example in place.
   *
   * @param ids the tokens of all examples of a batch
   * @param labels receives the selected tokens, and {@link CrossEntropy#IGNORED} for the others; a
   *     token with that value is not selected
   * @param from the first token of the example
   * @param to the end of the example, exclusive
   */
  void apply(long epoch, long example, long[] ids, long[] labels, int from, int to) {
    SplittableRandom random = new SplittableRandom(Seeds.of(seed, epoch, example));
    boolean selected = false;
    for (int i = from; i < to; i++) {
      double draw = random.nextDouble();
      double replacement = random.nextDouble();
      int other = random.nextInt(vocabularySize);
      int id = (int) ids[i];
      boolean continues = i > from && continuations.contains(id);
      selected = continues ? selected : draw < probability;
      if (!selected || special.contains(id) || labels[i] == CrossEntropy.IGNORED) {
        labels[i] = CrossEntropy.IGNORED;
      } else {
        labels[i] = id;
        ids[i] = replacement < MASKED ? mask : replacement < RANDOM ? other : id;
      }
    }
  }
}
