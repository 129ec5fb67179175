package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AttemptsTest {
  private final Attempts attempts = new Attempts(3);

  @Test
  void theReasonIsThatOfTheRankThatFailedAndNotOfOneThatHeardOfIt() {
    attempts.said(rank(0), DriverLine.Word.END, "1 Rank 1 failed, as its own output says");
    assertThat(attempts.verdict()).isEmpty();

    attempts.said(rank(0), DriverLine.Word.CULPRIT, "1");
    assertThat(attempts.verdict()).isEmpty();

    attempts.said(rank(1), DriverLine.Word.END, "1 the loss is not finite");
    assertThat(attempts.verdict())
        .hasValueSatisfying(
            reason -> {
              assertThat(reason).hasMessage("rank 1 on node1: the loss is not finite");
              assertThat(reason.exitCode()).isEqualTo(1);
            });
  }

  @Test
  void whereNothingMoreIsToComeItIsTheFirstThatWasSaid() {
    attempts.said(rank(2), DriverLine.Word.END, "2 no such file");

    assertThat(attempts.lastVerdict())
        .hasValueSatisfying(
            reason -> assertThat(reason).hasMessage("rank 2 on node2: no such file"));
  }

  @Test
  void ranksThatAreDoneLeaveNoReason() {
    attempts.said(rank(0), DriverLine.Word.END, "0 in /run");

    assertThat(attempts.lastVerdict()).isEmpty();
  }

  private static RankId rank(int rank) {
    return new RankId(rank, 0, "node" + rank);
  }
}
