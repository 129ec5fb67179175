package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelSummaryTest {
  @Test
  void summaryHasOneRowPerParameterAndATotal() {
    try (Parts model = Parts.of(Map.of("head", new Linear(1000, 2)), 1)) {
      model.freeze("*.bias");

      ModelSummary summary = ModelSummary.of(model);

      assertThat(summary.count()).isEqualTo(2002);
      assertThat(summary.trainable()).isEqualTo(2000);
      assertThat(summary.toString().lines())
          .containsExactly(
              "head.weight  (2, 1000)             2,000  trainable",
              "head.bias    (2)                       2  frozen",
              "2,002 parameters, 2,000 trainable");
    }
  }
}
