package dev.counterpoint.tasks.questionanswering;

/**
 * A question and a window of its context.
 *
 * @param question the index of the question among all questions
 * @param ids the token ids
 * @param contextFrom the first token of the context; the tokens before it belong to the question
 * @param contextType the token type id of the context tokens, as assigned by the tokenizer: 1 for
 *     BERT; RoBERTa uses 0 for question and context
 * @param starts the start position of each context token in the context, in code points, from token
 *     {@code contextFrom} on
 * @param ends the end positions of these tokens, exclusive
 * @param answerStart the first token of the answer; 0, the first token of the window, if the answer
 *     does not lie completely in the window
 * @param answerEnd the last token of the answer, inclusive; 0 as for {@code answerStart}
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Window(
    int question,
    int[] ids,
    int contextFrom,
    int contextType,
    int[] starts,
    int[] ends,
    int answerStart,
    int answerEnd) {
  /** Whether a token belongs to the context. */
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
