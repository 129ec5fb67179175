package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.HostTensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  @Test
  void lossIsTheWeightedMeanAndIsFollowedByTheMetrics() {
    Classification metric = new Classification(List.of("a", "b", "c"));
    Scored.add(metric, Scored.logits(0, 1), HostTensor.of(new long[] {0, 2}, 2), 2, 3);

    Evaluation evaluation = Evaluation.of(6, 4, 2, List.of(metric), List.of(metric.sums()));

    assertThat(evaluation.values().keySet())
        .containsExactly("loss", "accuracy", "f1", "f1.a", "f1.b", "f1.c");
    assertThat(evaluation.value("loss")).isEqualTo(1.5);
    assertThat(evaluation.value("accuracy")).isEqualTo(0.5);
    assertThat(evaluation.examples()).isEqualTo(2);
    assertThat(evaluation.remarks()).containsExactly("c predicted as b: 1");
  }

  @Test
  void unknownMetricIsRejectedWithTheKnownOnes() {
    Evaluation evaluation =
        Evaluation.of(1, 1, 1, List.of(new Perplexity()), List.of(new double[] {0, 1}));

    assertThatThrownBy(() -> evaluation.value("accuracy"))
        .hasMessageContaining("\"accuracy\"")
        .hasMessageContaining("loss, perplexity");
  }
}
