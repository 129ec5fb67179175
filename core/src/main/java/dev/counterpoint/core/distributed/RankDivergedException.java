package dev.counterpoint.core.distributed;

/**
 * The processes of a run no longer have identical parameters although they take the same steps. No
 * checkpoint was saved for the current step.
 */
public final class RankDivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RankDivergedException(long step, int rank, String parameter) {
    super(
        "After step "
            + step
            + " the parameters of rank "
            + rank
            + " differ from those of rank 0; the first that differs is "
            + parameter
            + ". No checkpoint was saved. Possible causes: damaged memory, a damaged network between"
            + " the processes, or a model that changes its parameters other than by gradients.");
  }
}
