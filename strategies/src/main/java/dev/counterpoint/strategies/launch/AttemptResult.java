package dev.counterpoint.strategies.launch;

/**
 * The result of one {@link Attempt}.
 *
 * @param code the exit code of the job; {@link RankExit#RETRY} if another attempt may succeed
 * @param cause what failed, without the full stop; empty if there is nothing to report
 */
public record AttemptResult(int code, String cause) {
  /** Whether another attempt may succeed. */
  public boolean mayRetry() {
    return code == RankExit.RETRY;
  }
}
