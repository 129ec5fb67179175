package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.settings.Checks;

/**
 * Settings for extracting answers from the span logits of a context, in training and prediction.
 *
 * @param stride the number of context tokens shared by consecutive windows over a long context
 * @param maxAnswer the maximum number of tokens of an answer
 * @param noneAllowed whether a question can have no answer in its context
 */
public record AnswerExtraction(int stride, int maxAnswer, boolean noneAllowed)
    implements PredictionSettings {
  public AnswerExtraction {
    new Checks().notNegative("stride", stride).positive("maxAnswer", maxAnswer).verify();
  }

  /** Settings of BERT's {@code run_squad.py}, for questions that can have no answer. */
  public static AnswerExtraction bertDefaults() {
    return new AnswerExtraction(128, 30, true);
  }
}
