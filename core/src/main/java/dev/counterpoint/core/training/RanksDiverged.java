package dev.counterpoint.core.training;

/**
 * The processes of a run, which take the same steps, have not the same parameters any more. The
 * checkpoint at hand was not saved.
 */
public final class RanksDiverged extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RanksDiverged(long step, int rank, String parameter) {
    super(
        "After step "
            + step
            + " the parameters of rank "
            + rank
            + " are not those of rank 0; the first that differs is "
            + parameter
            + ". No checkpoint was saved. They have damaged memory or a damaged network between them,"
            + " or the model changes its parameters by other means than its gradients.");
  }
}
