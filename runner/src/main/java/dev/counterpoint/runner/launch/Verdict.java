package dev.counterpoint.runner.launch;

/**
 * How a start of all the processes of a job came to its end.
 *
 * @param code the exit code that this comes to: {@link RankExit#TRY_AGAIN} where another start may
 *     come further
 * @param cause a sentence without its point; empty where there is nothing to say
 */
record Verdict(int code, String cause) {
  boolean mayTryAgain() {
    return code == RankExit.TRY_AGAIN;
  }
}
