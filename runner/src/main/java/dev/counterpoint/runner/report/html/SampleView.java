package dev.counterpoint.runner.report.html;

import dev.counterpoint.core.data.source.Samples;
import java.util.List;

/**
 * What the model has made of what it was asked.
 *
 * @param step that the validation came after
 */
record SampleView(long step, List<Samples.Sample> samples) {
  static SampleView nothing() {
    return new SampleView(0, List.of());
  }
}
