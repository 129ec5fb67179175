package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.data.source.Samples;
import java.util.List;

/**
 * Sample inputs with the predictions of the model.
 *
 * @param step the optimizer step of the validation
 */
record SampleView(long step, List<Samples.Sample> samples) {
  /** Returns a view without samples. */
  static SampleView empty() {
    return new SampleView(0, List.of());
  }
}
