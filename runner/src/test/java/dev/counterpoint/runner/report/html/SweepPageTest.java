package dev.counterpoint.runner.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SweepPageTest {
  private static SweepPage.Trial trial(
      int number, @Nullable Double loss, boolean isComplete, String... settings) {
    List<String> cells =
        List.of(String.valueOf(number), String.valueOf(loss), settings[0], settings[1]);
    return loss == null
        ? new SweepPage.Trial(null, cells, null, isComplete, "There is not enough memory.")
        : new SweepPage.Trial("trial-" + number + "/report.html", cells, loss, isComplete, null);
  }

  private static SweepPage page(SweepPage.Trial... trials) {
    return SweepPage.of(
        "small", "best: trial 1", List.of("trial", "loss", "rate", "pooling"), List.of(trials), 2);
  }

  @Test
  void eachSettingWithSeveralNumbersHasAChart() {
    SweepPage page = page(trial(1, 0.5, true, "1e-3", "mean"), trial(2, 0.6, true, "2e-3", "max"));

    assertThat(page.charts())
        .singleElement()
        .satisfies(chart -> assertThat(((Chart) chart).title()).isEqualTo("loss by rate"));
    assertThat(page.toHtml())
        .contains("<circle class=\"first\"", "trial-1/report.html")
        .doesNotContain("<polyline", "{{");
  }

  @Test
  void aWideRangeHasALogarithmicAxis() {
    SweepPage page =
        page(
            trial(1, 0.5, true, "1e-4", "mean"),
            trial(2, 0.6, true, "1e-2", "mean"),
            trial(3, 0.7, true, "1e-3", "mean"));
    Chart chart = (Chart) page.charts().get(0);

    List<Chart.Dot> dots = chart.curves().get(0).dots();
    assertThat(Double.parseDouble(dots.get(1).x()))
        .isEqualTo((Double.parseDouble(dots.get(0).x()) + Double.parseDouble(dots.get(2).x())) / 2);
    assertThat(chart.description()).contains("from 0.5 at rate 1e-04 to 0.6 at rate 0.01");
  }

  @Test
  void trialsThatWereEndedEarlyAreAnotherSeries() {
    SweepPage page = page(trial(1, 0.5, true, "1", "mean"), trial(2, 0.9, false, "2", "mean"));

    assertThat(page.toHtml()).contains("<circle class=\"second\"", "ended early");
  }

  @Test
  void aFailedTrialHasItsReasonAndNoLinkToAReport() {
    assertThat(page(trial(1, 0.5, true, "1", "mean"), trial(2, null, true, "2", "mean")).toHtml())
        .contains("<dt>trial 2</dt><dd>There is not enough memory.</dd>", "href=\"trial-1/")
        .doesNotContain("href=\"trial-2/");
    assertThat(page(trial(1, 0.5, true, "1", "mean")).toHtml()).doesNotContain("Failed");
  }

  @Test
  void aLongKeyMayBreakAfterItsDots() {
    List<String> head = List.of("trial", "loss", "training.batchSize", "b");
    SweepPage.Trial[] trials = {trial(1, 0.5, true, "4", "c")};

    assertThat(SweepPage.of("small", "", head, List.of(trials), 2).toHtml())
        .contains("training.<wbr>batchSize");
  }

  @Test
  void aTrialWithoutAResultIsNotDrawn() {
    assertThat(page(trial(1, 0.5, true, "1", "mean"), trial(2, null, true, "2", "mean")).charts())
        .isEmpty();
  }
}
