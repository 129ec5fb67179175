package dev.counterpoint.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.callback.TrainingStart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StepTraceTest {
  @TempDir private Path folder;

  @Test
  void startsWithinAnEpochAreThoseOfItsStepsAlsoInARunOfFewSteps() throws IOException {
    StepTrace trace = new StepTrace(folder.resolve("trace"));
    trace.onStart(new TrainingStart(3, 12, 8, List.of(), null));
    trace.onStart(new TrainingStart(8, 12, 8, List.of(), null));
    trace.onStart(new TrainingStart(9, 12, 8, List.of(), null));

    assertThat(StepTrace.read(folder.resolve("trace")).attempts())
        .extracting(StepTrace.Attempt::startsWithinEpoch)
        .containsExactly(true, false, true);
  }
}
