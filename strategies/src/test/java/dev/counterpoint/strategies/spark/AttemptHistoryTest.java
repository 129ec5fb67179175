package dev.counterpoint.strategies.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AttemptHistoryTest {
  private final AttemptHistory attempts = new AttemptHistory(3);

  @Test
  void theCauseIsTheRankThatFailedAndNotTheRankThatWasNotified() {
    report(0, DriverConnection.Kind.END, 1, "Rank 1 has failed");
    assertThat(attempts.failure()).isEmpty();

    report(0, DriverConnection.Kind.CULPRIT, 1, "");
    assertThat(attempts.failure()).isEmpty();

    report(1, DriverConnection.Kind.END, 1, "the loss is not finite");
    assertThat(attempts.failure())
        .hasValueSatisfying(
            reason -> {
              assertThat(reason).hasMessage("rank 1 on node1: the loss is not finite");
              assertThat(reason.exitCode()).isEqualTo(1);
            });
  }

  @Test
  void withoutMoreReportsTheFirstFailureIsTheCause() {
    report(2, DriverConnection.Kind.END, 2, "no such file");

    assertThat(attempts.finalFailure())
        .hasValueSatisfying(
            reason -> assertThat(reason).hasMessage("rank 2 on node2: no such file"));
  }

  @Test
  void ranksThatAreDoneAreNotAFailure() {
    report(0, DriverConnection.Kind.END, 0, "in /run");

    assertThat(attempts.finalFailure()).isEmpty();
  }

  private void report(int rank, DriverConnection.Kind kind, int number, String text) {
    attempts.onReport(
        new RankId(rank, 0, "node" + rank), new DriverConnection.Report(kind, number, text));
  }
}
