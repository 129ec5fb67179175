package dev.counterpoint.core.distributed;

import dev.counterpoint.core.settings.Formats;

/**
 * Thrown if the processes of a run no longer have identical parameters although all of them have
 * computed the same steps. No checkpoint was saved for the current step.
 */
public final class RankDivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RankDivergedException(long step, int rank, String parameter) {
    super(
        Formats.of(
            "After step %s the parameters of rank %s differ from the parameters of rank 0;"
                + " the first different parameter is %s. No checkpoint was saved. Possible causes:"
                + " a strategy that does not reduce the gradients over the processes, a model that"
                + " changes its parameters other than by gradients, or faulty memory or network.",
            step, rank, parameter));
  }
}
