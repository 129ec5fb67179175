package dev.counterpoint.tasks.questionanswering;

/**
 * A question and as much of its text as fits beside it.
 *
 * @param question its number among all
 * @param ids of the tokens
 * @param contextFrom the first token that is of the text; before it are the question's
 * @param contextType of the tokens from there on, as the tokenizer has it: BERT's has 1, RoBERTa's
 *     has 0 for question and text alike
 * @param starts where each token of the text begins, in code points, from {@code contextFrom} on
 * @param ends where each ends
 * @param first the token that the answer begins with; 0, the first of all, where the answer is not
 *     wholly in the window
 * @param last the token that the answer ends with
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; as many numbers as the text has tokens.
record Window(
    int question,
    int[] ids,
    int contextFrom,
    int contextType,
    int[] starts,
    int[] ends,
    int first,
    int last) {
  /** Whether a token is of the text. */
  boolean isContext(int token) {
    return token >= contextFrom && token < contextFrom + starts.length;
  }

  int start(int token) {
    return starts[token - contextFrom];
  }

  int end(int token) {
    return ends[token - contextFrom];
  }
}
