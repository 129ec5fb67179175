package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.settings.Checks;

/**
 * How answers are extracted from the span logits of a context, in training and in prediction.
 *
 * @param stride tokens that a window over a long text has in common with the one before
 * @param maxAnswer the most tokens of an answer
 * @param noneAllowed whether a text may have no answer
 */
public record AnswerExtraction(int stride, int maxAnswer, boolean noneAllowed)
    implements PredictionSettings {
  public AnswerExtraction {
    new Checks().notNegative("stride", stride).positive("maxAnswer", maxAnswer).verify();
  }

  /** As BERT's own script has it, for texts that may have no answer. */
  public static AnswerExtraction usual() {
    return new AnswerExtraction(128, 30, true);
  }
}
