package dev.counterpoint.serving;

import dev.counterpoint.core.settings.Checks;

/**
 * Limits of the batches and of the queue of a model.
 *
 * @param rows the maximum number of examples in a batch
 * @param paddedTokens the maximum number of tokens in a batch, including padding; a single example
 *     may have more
 * @param queue the maximum number of examples that wait
 * @param threads the number of threads that run the model; each operation also uses the threads of
 *     libtorch, so that their product should not exceed the number of processors
 */
public record BatchLimits(int rows, int paddedTokens, int queue, int threads) {
  public BatchLimits {
    new Checks()
        .positive("rows", rows)
        .positive("paddedTokens", paddedTokens)
        .positive("queue", queue)
        .within("threads", threads, 1, 64)
        .verify();
  }

  private static final int MAX_DEFAULT_THREADS = 4;

  /** Tokens of a batch per processor: a larger batch is hardly faster, and requests wait longer. */
  private static final int TOKENS_PER_PROCESSOR = 256;

  /**
   * 32 examples in a batch, 1,024 waiting examples, a thread per processor up to 4, and 256 tokens
   * for each processor of a thread.
   */
  public static BatchLimits defaults() {
    int processors = Runtime.getRuntime().availableProcessors();
    int threads = Math.min(processors, MAX_DEFAULT_THREADS);
    return new BatchLimits(32, processors / threads * TOKENS_PER_PROCESSOR, 1_024, threads);
  }
}
