package dev.counterpoint.runner.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real trainings by two ranks; {@link Storm} has more of it. */
@DisabledOnOs(OS.WINDOWS)
final class KillTest {
  private static final List<Storm.Blow> BLOWS =
      List.of(
          new Storm.Blow("rank-0001", "KILL"),
          new Storm.Blow("rank-0000", "STOP"),
          new Storm.Blow("tracker", "KILL"));

  @TempDir private Path folder;

  @Test
  void aJobWhoseProcessesAreKilledAndStoppedEndsWithTheModelOfOneThatIsLeftAlone()
      throws Exception {
    Storm storm = new Storm(folder, 2);
    Storm.Outcome whole = storm.train(0, (number, run) -> BLOWS.get(number));

    Storm.Outcome disturbed =
        storm.train(
            BLOWS.size(),
            (number, run) -> {
              Storm.awaitProgress(run);
              return BLOWS.get(number);
            });

    assertThat(whole.modelHash()).hasSize(64);
    assertThat(disturbed.code()).as(disturbed.output()).isZero();
    assertThat(disturbed.modelHash()).isEqualTo(whole.modelHash());
    assertThat(disturbed.strokes())
        .extracting(Storm.Stroke::victim)
        .containsExactly("rank 1", "rank 0", "the tracker");
    assertThat(disturbed.output())
        .containsPattern("Rank 1 \\(process \\d+\\) was ended by SIGKILL")
        .containsPattern("Rank 0 \\(process \\d+\\) does not answer any more")
        .containsPattern("The tracker \\(process \\d+\\) was ended by SIGKILL");
  }
}
