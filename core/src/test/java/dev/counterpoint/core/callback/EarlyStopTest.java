package dev.counterpoint.core.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EarlyStopTest {
  private final StopSignal stop = new StopSignal();

  @Test
  void requestsAStopAfterPatienceValidationsWithoutImprovement() {
    EarlyStop early = early("loss", 2, 0);

    validate(early, "loss", 1.0, 0.5, 0.6);
    assertThat(stop.requested()).isFalse();
    validate(early, "loss", 0.5);

    assertThat(stop.reason())
        .isEqualTo("validation loss has not improved on 0.5 for 2 validations");
  }

  @Test
  void anImprovementResetsTheWait() {
    validate(early("loss", 2, 0), "loss", 1.0, 1.1, 0.9, 1.1, 0.8, 1.1);

    assertThat(stop.requested()).isFalse();
  }

  @Test
  void anImprovementMustExceedTheMinimum() {
    EarlyStop early = early("loss", 2, 0.25);

    validate(early, "loss", 1.0, 0.75);
    assertThat(stop.requested()).isFalse();
    validate(early, "loss", 0.75);

    assertThat(stop.reason()).contains("not improved on 1.0");
  }

  @Test
  void smallImprovementsAddUp() {
    validate(early("loss", 2, 0.25), "loss", 1.0, 0.875, 0.5, 0.375, 0.125);

    assertThat(stop.requested()).isFalse();
  }

  @Test
  void aMetricThatIsNeverANumberIsNamed() {
    validate(early("pearson", 2, 0), "pearson", Double.NaN, Double.NaN);

    assertThat(stop.reason()).contains("pearson").contains("number").doesNotContain("NaN");
  }

  @Test
  void theConfiguredModeOverridesTheDeclaredOne() {
    EarlyStop early = new EarlyStop(new EarlyStop.Config("accuracy", 1, 0, Mode.MIN), stop);
    early.onMode(Optional.of(Mode.MAX));

    validate(early, "accuracy", 0.6, 0.5);
    assertThat(stop.requested()).isFalse();
    validate(early, "accuracy", 0.55);

    assertThat(stop.requested()).isTrue();
  }

  @Test
  void aMetricWithoutModeIsRejected() {
    EarlyStop early = new EarlyStop(new EarlyStop.Config("distance", 1, 0), stop);

    assertThatThrownBy(() -> early.onMode(Optional.empty()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("\"distance\"", "mode: min", "mode: max");
  }

  @Test
  void theStateOfAnotherModeIsIgnored() {
    EarlyStop before = new EarlyStop(new EarlyStop.Config("accuracy", 2, 0, Mode.MIN), stop);
    validate(before, "accuracy", 0.1, 0.2);
    EarlyStop after = early("accuracy", 2, 0);

    after.loadState(before.state());
    validate(after, "accuracy", 0.05, 0.04);

    assertThat(stop.requested()).isFalse();
  }

  @Test
  void aStateOfAnEarlierVersionHasTheModeOfThatVersion() {
    EarlyStop early = early("perplexity", 2, 0);

    early.loadState(Map.of("metric", "perplexity", "best", "90.0", "waited", "1"));
    validate(early, "perplexity", 95);

    assertThat(stop.reason()).contains("not improved on 90.0");
  }

  @Test
  void metricsOtherThanLossesAreBetterHigher() {
    EarlyStop early = early("accuracy", 1, 0);

    validate(early, "accuracy", 0.5, 0.6);
    assertThat(stop.requested()).isFalse();
    validate(early, "accuracy", 0.55);

    assertThat(stop.requested()).isTrue();
  }

  @Test
  void perplexityIsBetterLower() {
    EarlyStop early = early("perplexity", 1, 0);

    validate(early, "perplexity", 100, 90);
    assertThat(stop.requested()).isFalse();
    validate(early, "perplexity", 95);

    assertThat(stop.requested()).isTrue();
  }

  @Test
  void nanIsNeverAnImprovement() {
    EarlyStop early = early("loss", 2, 0);

    validate(early, "loss", 1, Double.NaN, Double.NaN);

    assertThat(stop.reason()).contains("not improved on 1.0");
  }

  @Test
  void anyNumberImprovesOnNaN() {
    EarlyStop early = early("loss", 2, 0);

    validate(early, "loss", Double.NaN, 1e9, 1e9);
    assertThat(stop.requested()).isFalse();
    validate(early, "loss", 1e9);

    assertThat(stop.requested()).isTrue();
  }

  @Test
  void aResumedRunRestoresTheBestValueAndTheWait() {
    EarlyStop before = early("loss", 2, 0);
    validate(before, "loss", 0.1, 0.3);
    EarlyStop after = early("loss", 2, 0);

    after.loadState(before.state());
    validate(after, "loss", 0.2);

    assertThat(stop.reason())
        .isEqualTo("validation loss has not improved on 0.1 for 2 validations");
  }

  @Test
  void theStateOfAnotherMetricIsIgnored() {
    EarlyStop before = early("loss", 2, 0);
    validate(before, "loss", 5, 6);
    EarlyStop after = early("accuracy", 2, 0);

    after.loadState(before.state());
    validate(after, "accuracy", 0.5, 0.4);

    assertThat(stop.requested()).isFalse();
  }

  @Test
  void theStateBeforeTheFirstValidationIsRestored() {
    EarlyStop after = early("loss", 1, 0);

    after.loadState(early("loss", 1, 0).state());
    validate(after, "loss", 5);

    assertThat(stop.requested()).isFalse();
  }

  @Test
  void anUnknownMetricIsRejectedWithTheKnownOnes() {
    assertThatThrownBy(() -> validate(early("f1", 1, 0), "loss", 1))
        .hasMessageContaining("\"f1\"")
        .hasMessageContaining("loss");
  }

  @Test
  void allInvalidSettingsAreRejectedTogether() {
    assertThatThrownBy(() -> new EarlyStop.Config("loss", 0, -1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("patience 0 must be greater than 0\nminimumGain -1 must be 0 or greater");
  }

  private EarlyStop early(String metric, int patience, double minimumGain) {
    EarlyStop early = new EarlyStop(new EarlyStop.Config(metric, patience, minimumGain), stop);
    early.onMode(Optional.of(metric.equals("accuracy") ? Mode.MAX : Mode.MIN));
    return early;
  }

  private static void validate(EarlyStop early, String metric, double... values) {
    for (double value : values) {
      Evaluation evaluation = new Evaluation(Map.of(metric, value), 1, List.of());
      early.onValidation(new ValidationReport(1, 1, evaluation));
    }
  }
}
